import type { JsonObject, JsonValue } from '@backstage/types';
import { canonicalJson } from './canonicalJson';
import { fieldPath, isObject } from './values';

/** A field that two objects do not have in common; a side without a value has none. */
export interface FieldDifference {
  path: string;
  before?: JsonValue;
  after?: JsonValue;
}

/** The fields in which two objects differ, down to what is no object. Lists are compared as a whole. */
export function fieldDifferences(
  before: JsonObject,
  after: JsonObject,
  at = '',
): FieldDifference[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].sort().flatMap(key => {
    const path = fieldPath(at, key);
    const [old, fresh] = [before, after].map(value =>
      Object.hasOwn(value, key) ? value[key] : undefined,
    );
    if (isObject(old) && isObject(fresh)) {
      return fieldDifferences(old, fresh, path);
    }
    return canonicalJson(old) === canonicalJson(fresh)
      ? []
      : [
          {
            path,
            ...(old !== undefined && { before: old }),
            ...(fresh !== undefined && { after: fresh }),
          },
        ];
  });
}
