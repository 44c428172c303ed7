import type { JsonValue } from '@backstage/types';

/** JSON that is the same text for values that are equal, whatever the order of their members. */
export function canonicalJson(value: JsonValue | undefined): string {
  if (typeof value !== 'object' || value === null) {
    return String(JSON.stringify(value));
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  const members = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}
