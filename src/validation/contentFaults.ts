import type { JsonValue } from '@backstage/types';
import { fieldPath } from '../lib/values';
import type { Fault } from './faults';

/** The placeholders of the catalog itself, and of its module for OpenAPI and AsyncAPI. */
const PLACEHOLDERS = ['text', 'json', 'yaml', 'openapi', 'asyncapi'];

/** With the flag `u`, a surrogate is one that has no partner. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** The JSON of an entity without this has none of these faults, which is found in a fraction of the time. */
const SUSPICIOUS = /\\u(?:0000|d[89a-f])|"\$[^"]*":/i;

export function mayHaveContentFaults(json: string): boolean {
  return SUSPICIOUS.test(json);
}

/**
 * What no part of an entity may hold: a placeholder, by which the catalog reads
 * a URL with the backend's credentials, and what PostgreSQL cannot store.
 */
export function contentFaults(
  value: JsonValue | undefined,
  path: string,
  /** Names of further placeholders, without the `$`. */
  placeholders: string[] = [],
): Fault[] {
  if (typeof value !== 'object' || value === null) {
    return UNSTORABLE.test(String(value)) ? [unstorable(path, 'has')] : [];
  }
  return Object.entries(value).flatMap(([key, member]) => {
    const at = fieldPath(path, Array.isArray(value) ? Number(key) : key);
    return [
      ...(isPlaceholder(key, placeholders) ? [placeholder(path, key)] : []),
      ...(UNSTORABLE.test(key) ? [unstorable(at, 'has a key with')] : []),
      ...contentFaults(member, at, placeholders),
    ];
  });
}

function isPlaceholder(key: string, more: string[]): boolean {
  const name = key.slice(1);
  return (
    key.startsWith('$') &&
    // The catalog looks a resolver up in an object, where it finds these too.
    (PLACEHOLDERS.includes(name) || more.includes(name) || name in {})
  );
}

function placeholder(path: string, key: string): Fault {
  const reason = `holds the placeholder "${key}", by which the catalog would read a URL with the backend's credentials; give the content itself, or leave it out`;
  return { code: 'entity-invalid', path, reason };
}

function unstorable(path: string, has: string): Fault {
  const reason = `${has} U+0000 or half of a surrogate pair, which PostgreSQL cannot store; remove it in the API or in the mapping`;
  return { code: 'entity-invalid', path, reason };
}
