import type { SourceSettings } from './settings';
import { isObject } from './values';

/**
 * Finds sources that read the same records in the same way as an earlier one:
 * they would fight over every entity. Gives the name of the earlier by the
 * name of the later. What a custom source reads is known to its code alone.
 */
export function findDuplicates(sources: SourceSettings[]): Map<string, string> {
  const first = new Map<string, string>();
  const duplicates = new Map<string, string>();
  for (const source of sources.filter(({ type }) => type === 'http')) {
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
  const { url, method, body, query, auth, records } = source;
  const { id, entity, transformer, when, tables } = source;
  const headers = Object.fromEntries(
    Object.entries(source.headers).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );
  const request = { url, method, body, query, auth, headers };
  const mapping = { records, id, entity, transformer, when, tables };
  return JSON.stringify({ request, mapping }, sortKeys);
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
