import { createHash } from 'node:crypto';
import stableStringify from 'fast-json-stable-stringify';

/** JSON with sorted keys, so that equal values are equal text. */
export function canonicalJson(value: unknown): string {
  return stableStringify(value);
}

/** Hex SHA-256 of a text. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
