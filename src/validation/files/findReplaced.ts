import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath } from '../../lib/values';

/** Tells of a path whether the catalog will replace what stands there. */
export function findReplaced(entity: JsonObject): (path: string) => boolean {
  const replaced = new Set(substitutedPaths(entity));
  replaced.delete('');
  return path =>
    [...path.matchAll(/(?=[.[])|$/g)].some(({ index }) =>
      replaced.has(path.slice(0, index)),
    );
}

/** The paths of objects with one key alone that begins with `$`, such as `$text`. */
function substitutedPaths(value: JsonValue | undefined, path = ''): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0].startsWith('$')) {
    return [path];
  }
  return entries.flatMap(([key, member]) =>
    substitutedPaths(
      member,
      fieldPath(path, Array.isArray(value) ? Number(key) : key),
    ),
  );
}
