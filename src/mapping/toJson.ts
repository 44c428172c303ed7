import type { JsonObject, JsonValue } from '@backstage/types';

/**
 * A copy of a result that is only JSON. It lacks the properties that JSONata
 * hides in its arrays and `undefined`, and shares nothing with the record.
 * Throws for what JSON cannot express.
 */
export function toJson(value: unknown): JsonValue | undefined {
  switch (typeof value) {
    case 'undefined':
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) {
        throw new Error(
          `the result holds ${value}, which is not a finite number`,
        );
      }
      return value;
    case 'object':
      return value === null ? null : containerToJson(value);
    default:
      throw new Error(`the result holds a ${typeof value}`);
  }
}

function containerToJson(value: object): JsonValue {
  if (Array.isArray(value)) {
    return value.map(toJson).filter(item => item !== undefined);
  }
  if (isJsonataFunction(value)) {
    throw new Error('the result holds a function');
  }
  const copy: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const json = toJson(member);
    if (json !== undefined && key !== '__proto__') {
      copy[key] = json;
    }
  }
  return copy;
}

/** Whether JSONata takes an object for a function. A record can contain such an object too. */
export function isJsonataFunction(value: unknown): boolean {
  const { _jsonata_function: native, _jsonata_lambda: lambda } = (value ??
    {}) as { _jsonata_function?: unknown; _jsonata_lambda?: unknown };
  return native === true || lambda === true;
}
