import type { JsonValue } from '@backstage/types';
import { fieldPath } from '../../lib/values';

/**
 * The paths of what the catalog replaces when it reads the file: objects with
 * one key alone, such as `$text`. What comes there is not known.
 */
export function substitutedPaths(
  value: JsonValue | undefined,
  path = '',
): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0].startsWith('$')) {
    return [path];
  }
  return entries.flatMap(([key, member]) =>
    typeof member === 'object' && member !== null
      ? substitutedPaths(
          member,
          fieldPath(path, Array.isArray(value) ? Number(key) : key),
        )
      : [],
  );
}
