import { headerValuesOf, type HeaderValues } from '../../headers';

/** A request's headers, as they would have come. */
export function headersOf(values: NodeJS.Dict<string[]>): HeaderValues {
  return headerValuesOf(
    Object.entries(values).flatMap(([name, all = []]) =>
      all.flatMap(value => [name.toUpperCase(), value]),
    ),
  );
}
