import type { JsonValue } from '@backstage/types';

const LONGEST_ID = 255;
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * What can name a record for good. A whole number beyond 2^53 cannot: JSON has
 * rounded it, and its neighbours have become the same.
 */
export function toRecordId(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value)
      ? undefined
      : String(value);
  }
  return typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= LONGEST_ID &&
    !UNPRINTABLE.test(value)
    ? value
    : undefined;
}
