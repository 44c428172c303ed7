import type { HeaderValues } from './dialect';

/** Visible ASCII, as the ids of deliveries are. */
const ID = /^[\x21-\x7e]{1,255}$/;
/** One that is signed along: the dot is what divides it from what follows. */
const SIGNED_ID = /^[\x21-\x2d\x2f-\x7e]{1,255}$/;
/** Whole seconds, written in one way only. */
const SECONDS = /^(?:0|[1-9]\d{0,11})$/;

export type HeaderReading<T, TName extends string> =
  | { type: 'read'; value: T }
  | { type: 'unusable'; code: `${TName}-missing` | `${TName}-malformed` };

/**
 * The headers of a request as they came, name and value in turn. It looks
 * through those few each time: to sort all of them by name costs more.
 */
export function headerValuesOf(rawHeaders: readonly string[]): HeaderValues {
  return name => {
    const values: string[] = [];
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const given = rawHeaders[i];
      if (given.length === name.length && given.toLowerCase() === name) {
        values.push(rawHeaders[i + 1]);
      }
    }
    return values;
  };
}

export function isDeliveryId(value: string): boolean {
  return ID.test(value);
}

/** Reads the values of a header with an id that is signed along. */
export function readSignedId(
  values: readonly string[],
): HeaderReading<string, 'id'> {
  const value = onlyOne(values);
  if (value === undefined) {
    return { type: 'unusable', code: 'id-missing' };
  }
  return SIGNED_ID.test(value)
    ? { type: 'read', value }
    : { type: 'unusable', code: 'id-malformed' };
}

/** Reads the values of a header with a time in seconds since 1970. */
export function readTimestamp(
  values: readonly string[],
): HeaderReading<string, 'timestamp'> {
  const value = onlyOne(values);
  if (value === undefined) {
    return { type: 'unusable', code: 'timestamp-missing' };
  }
  return SECONDS.test(value)
    ? { type: 'read', value }
    : { type: 'unusable', code: 'timestamp-malformed' };
}

/** Undefined for none; what no format allows for several. */
function onlyOne(values: readonly string[]): string | undefined {
  return values.length > 1 ? '' : values[0];
}
