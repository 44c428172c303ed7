import type { JsonValue } from '@backstage/types';

const MOST_KEYS = 5;
const LONGEST_KEY = 40;

/** What a value is, without what it holds. */
export function describeShape(value: JsonValue | undefined): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return `a list of ${value.length}`;
  }
  if (typeof value === 'object') {
    return describeKeys(Object.keys(value));
  }
  return `a ${typeof value}`;
}

function describeKeys(keys: string[]): string {
  if (!keys.length) {
    return 'an object without keys';
  }
  const named = keys
    .slice(0, MOST_KEYS)
    .map(key => `"${key.slice(0, LONGEST_KEY)}"`);
  const more = keys.length > MOST_KEYS ? [', …'] : [];
  return `an object with the keys ${[named.join(', '), ...more].join('')}`;
}
