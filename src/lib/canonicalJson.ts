import { hash } from 'node:crypto';

/** JSON with sorted keys, so that equal values are equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** The value with its members in the order of their keys, at every depth; what is so is not copied. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Array.isArray(value)
    ? sortedItems(value)
    : sortedMembers(value as Record<string, unknown>);
}

function sortedItems(items: unknown[]): unknown[] {
  const copy = items.map(sorted);
  return copy.every((item, index) => item === items[index]) ? items : copy;
}

function sortedMembers(
  members: Record<string, unknown>,
): Record<string, unknown> {
  const keys = Object.keys(members);
  let isSame = !sortInPlace(keys);
  const values = keys.map(key => {
    const value = sorted(members[key]);
    isSame &&= value === members[key];
    return value;
  });
  if (isSame) {
    return members;
  }
  const copy: Record<string, unknown> = {};
  keys.forEach((key, index) => {
    if (key === '__proto__') {
      // Assigned, it would be the copy's prototype.
      Object.defineProperty(copy, key, {
        value: values[index],
        enumerable: true,
      });
    } else {
      copy[key] = values[index];
    }
  });
  return copy;
}

/** So few are sorted faster by insertion, which needs no memory. */
const FEW = 24;

/** Tells whether that moved any. */
function sortInPlace(keys: string[]): boolean {
  if (keys.length > FEW) {
    keys.sort();
    return true;
  }
  let moved = false;
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i];
    let at = i;
    while (at > 0 && keys[at - 1] > key) {
      keys[at] = keys[at - 1];
      at--;
    }
    keys[at] = key;
    moved ||= at < i;
  }
  return moved;
}

/** Hex SHA-256 of a text. */
export function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}
