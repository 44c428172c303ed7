import type { JsonObject, JsonValue } from '@backstage/types';

/** A copy without `undefined`, and without keys that could reach a prototype. */
export function plainCopy(value: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined && key !== '__proto__') {
      copy[key] = copyValue(member);
    }
  }
  return copy;
}

function copyValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value.filter(item => item !== undefined).map(copyValue);
  }
  return isObject(value) ? plainCopy(value) : value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
