/** JSON with sorted keys, so that equal values are equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(value));
}

/** A copy whose members stand in the order of their keys, at every depth. */
export function sortKeys<T>(value: T): T {
  return sorted(value) as T;
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
    if (key === '__proto__') {
      // Assigned, it would be the copy's prototype.
      Object.defineProperty(copy, key, {
        value: sorted(members[key]),
        enumerable: true,
      });
    } else {
      copy[key] = sorted(members[key]);
    }
  }
  return copy;
}
