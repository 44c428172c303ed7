import { hash } from 'node:crypto';

/** JSON with sorted keys, so that equal values are equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(value));
}

/** A copy whose members stand in the order of their keys, at every depth. */
export function sortKeys<T>(value: T): T {
  return sorted(value) as T;
}

/** Hex SHA-256 of a text. */
export function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  const members = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(members).sort()) {
    copy[key] = sorted(members[key]);
  }
  return copy;
}
