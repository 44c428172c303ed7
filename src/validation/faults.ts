import type { JsonObject, JsonValue } from '@backstage/types';
import type { ProblemCode } from '../lib/problem';
import { fieldPath } from '../lib/values';

/** What is wrong at one path of an entity. */
export interface Fault {
  code: ProblemCode;
  path: string;
  /**
   * Continues the path: `is not valid; use …`. It is logged. So it holds nothing
   * of the record except what an entity is called.
   */
  reason: string;
  /** What to do about it in a mapping. */
  advice?: string;
  /** The wrong value, for people to see. */
  value?: string;
}

/** The reason of a fault, and what to do about it in a mapping. */
export function adviseMapping({ reason, advice }: Fault): string {
  return advice === undefined ? reason : `${reason}; ${advice}`;
}

/** The keys that a JSON pointer (RFC 6901) names. The root has none. */
export function keysOfPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function valueAt(
  entity: JsonObject,
  keys: string[],
): JsonValue | undefined {
  return keys.reduce<JsonValue | undefined>(
    (value, key) => Object(value)[key],
    entity,
  );
}

export function pathOfKeys(keys: string[]): string {
  return keys.reduce(
    (path, key) => fieldPath(path, /^\d{1,9}$/.test(key) ? Number(key) : key),
    '',
  );
}
