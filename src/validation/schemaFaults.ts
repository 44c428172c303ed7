import type { JsonObject, JsonValue } from '@backstage/types';
import { shown, type Fault } from './fault';
import { isObject } from './plainCopy';
import { parseSchemaError, pathOfKeys, type SchemaError } from './schemaError';

const MOST_FAULTS = 20;
const ADVICE =
  'look at its expression in the entity template and at what the record has there';

/**
 * All that a schema finds wrong. The catalog model tells one error at a time,
 * so each is repaired in a copy and the copy is checked again.
 */
export async function schemaFaults(
  entity: JsonObject,
  check: (entity: JsonObject) => Promise<void>,
): Promise<Fault[]> {
  const faults = new Map<string, Fault>();
  let draft = entity;
  for (let round = 0; round < MOST_FAULTS; round++) {
    const message = await messageOf(check, draft);
    if (message === undefined) {
      break;
    }
    const error = parseSchemaError(message);
    const path = error ? pathOfKeys(error.keys) : '';
    if (!faults.has(path)) {
      faults.set(path, toFault(path, message, error, entity));
    }
    const repaired = error && repair(draft, error);
    if (!repaired) {
      break;
    }
    draft = repaired;
  }
  return [...faults.values()];
}

async function messageOf(
  check: (entity: JsonObject) => Promise<void>,
  entity: JsonObject,
): Promise<string | undefined> {
  try {
    await check(entity);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function toFault(
  path: string,
  message: string,
  error: SchemaError | undefined,
  entity: JsonObject,
): Fault {
  const code = 'entity-invalid';
  if (!error) {
    return { code, path, reason: `${message}; ${ADVICE}` };
  }
  if (error.params.missingProperty) {
    return { code, path, reason: `is missing; ${ADVICE}` };
  }
  const value = error.keys.reduce<JsonValue | undefined>(memberOf, entity);
  const { allowedValues } = error.params;
  const expected = allowedValues
    ? `must be one of ${allowedValues}`
    : error.message;
  return { code, path, reason: `${expected}; ${ADVICE}`, value: shown(value) };
}

function memberOf(
  value: JsonValue | undefined,
  key: string,
): JsonValue | undefined {
  return Object(value)[key];
}

/** A copy that has something fitting where the error is; undefined where nothing is known to fit. */
function repair(
  entity: JsonObject,
  { keys, params }: SchemaError,
): JsonObject | undefined {
  const substitute = substituteFor(params);
  const field = keys.at(-1);
  if (substitute === undefined || field === undefined) {
    return undefined;
  }
  const copy = structuredClone(entity);
  const parent = keys
    .slice(0, -1)
    .reduce<JsonValue | undefined>(memberOf, copy);
  if (!isObject(parent) && !Array.isArray(parent)) {
    return undefined;
  }
  Object.assign(parent, { [field]: substitute });
  return copy;
}

function substituteFor(params: Record<string, string>): JsonValue | undefined {
  if (params.allowedValues) {
    return params.allowedValues.split(',')[0];
  }
  if (params.missingProperty || params.limit) {
    return 'substitute';
  }
  const substitutes: Record<string, JsonValue> = {
    string: 'substitute',
    object: {},
    array: [],
    number: 0,
    boolean: false,
  };
  return substitutes[params.type?.split(',')[0]];
}
