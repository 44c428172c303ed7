import type { JsonValue } from '@backstage/types';
import { fieldPath } from '../lib/fieldPath';

export type Located =
  | {
      type: 'found';
      /** What stands there; several where the path leads through an array. */
      values: JsonValue[];
      throughArray: boolean;
    }
  /** `at` has no member of that name. */
  | { type: 'missing'; at: string; name: string; value: JsonValue };

/**
 * Follows a path as strictly as JSONata is lenient: each member of an array on
 * the way must have what follows, since a list with a part missing is not whole.
 */
export function locate(
  value: JsonValue,
  [name, ...rest]: string[],
  at = '',
): Located {
  if (name === undefined) {
    return { type: 'found', values: [value], throughArray: false };
  }
  if (Array.isArray(value)) {
    return locateInEach(value, [name, ...rest], at);
  }
  if (
    value === null ||
    typeof value !== 'object' ||
    !Object.hasOwn(value, name)
  ) {
    return { type: 'missing', at, name, value };
  }
  return locate(value[name] ?? null, rest, fieldPath(at, name));
}

function locateInEach(items: JsonValue[], path: string[], at: string): Located {
  const values: JsonValue[] = [];
  for (const [index, item] of items.entries()) {
    const located = locate(item, path, fieldPath(at, index));
    if (located.type === 'missing') {
      return located;
    }
    for (const value of located.values) {
      values.push(value);
    }
  }
  return { type: 'found', values, throughArray: true };
}
