import type { SourceSettings } from '../model/settings';
import { isObject } from './values';

/**
 * Finds sources that read the same records in the same way as an earlier one:
 * they would fight over every entity. Gives the name of the earlier by the
 * name of the later.
 */
export function findDuplicates(sources: SourceSettings[]): Map<string, string> {
  const first = new Map<string, string>();
  const duplicates = new Map<string, string>();
  for (const source of sources) {
    const identity = identify(source);
    const earlier = first.get(identity);
    if (earlier === undefined) {
      first.set(identity, source.name);
    } else {
      duplicates.set(source.name, earlier);
    }
  }
  return duplicates;
}

function identify(source: SourceSettings): string {
  const { url, method, body, query, auth, records, id, entity } = source;
  const headers = Object.fromEntries(
    Object.entries(source.headers).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );
  return JSON.stringify(
    { url, method, body, query, auth, records, id, entity, headers },
    sortKeys,
  );
}

function sortKeys(_key: string, value: unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(
        Object.entries(value).sort(([left], [right]) =>
          left < right ? -1 : 1,
        ),
      )
    : value;
}
