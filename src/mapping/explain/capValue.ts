import type { JsonValue } from '@backstage/types';

const LONGEST = 1000;

/**
 * A value to show: as it is up to 1000 characters of JSON. Beyond, a text is
 * cut there, and an object or list becomes the start of its JSON as a text.
 */
export function capValue(value: JsonValue): JsonValue {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : value;
}
