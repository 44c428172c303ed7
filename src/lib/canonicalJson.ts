import { hash } from 'node:crypto';

/**
 * JSON with sorted keys, so that equal values give equal text. Hashes of it are
 * stored: it must not change. (Libraries such as `safe-stable-stringify` order
 * keys that are integers differently.)
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  // Without a prototype, "__proto__" is a key like any other.
  const copy = Object.create(null);
  for (const key of Object.keys(value).sort()) {
    copy[key] = sorted((value as Record<string, unknown>)[key]);
  }
  return copy;
}

/** Hex SHA-256 of a text. */
export function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}
