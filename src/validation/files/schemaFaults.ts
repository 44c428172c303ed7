import { entityKindSchemaValidator } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { describeShape } from '../../lib/values';
import { isWithin } from '../createEntityValidator';
import type { Fault } from '../faults';
import { kindFaults, readSchemaError } from '../kindFaults';
import { type CheckSchema, compileSchema } from '../recordSchema';
import { keysOfPath } from './positions';

type FindFirst = (entity: JsonObject) => Promise<Fault[]>;

/** What the catalog's own schema of the kind finds wrong. */
export function catalogSchemaFaults(entity: JsonObject): Promise<Fault[]> {
  return findAll(entity, kindFaults);
}

/** Checks entities of a kind by the user's JSON Schema. */
export type CheckKind = (entity: JsonObject) => Promise<Fault[]>;

/** How schemas of custom kinds name the catalog's own, as in `allOf: [{ $ref: Entity }]`. */
const CATALOG_REF = /"\$ref":"(?:Entity|EntityEnvelope|EntityMeta|common)["#]/;

/** Throws an `InputError` for a schema that cannot be compiled. */
export function compileKindSchema(schema: JsonObject): CheckKind {
  if (CATALOG_REF.test(JSON.stringify(schema))) {
    const check = entityKindSchemaValidator(schema);
    return entity => findAll(entity, async copy => firstFault(check, copy));
  }
  const check: CheckSchema = compileSchema(schema);
  return async entity =>
    check(entity).map(fault => ({ code: 'entity-invalid', ...fault }));
}

function firstFault(
  check: ReturnType<typeof entityKindSchemaValidator>,
  entity: JsonObject,
): Fault[] {
  try {
    return check(entity)
      ? []
      : [
          {
            code: 'entity-invalid',
            path: 'kind',
            reason: 'and "apiVersion" are not those of the schema',
          },
        ];
  } catch (error) {
    return [readSchemaError((error as Error).message, entity)];
  }
}

const MAX_TRIES = 60;
/** One of them is valid almost anywhere, or nothing is. */
const SAMPLES: Array<JsonValue | undefined> = [undefined, 'x', ['x'], {}, []];

/**
 * The catalog tells only the first fault that its schemas find. So each one is
 * mended in a copy, which is then checked again.
 */
async function findAll(
  entity: JsonObject,
  findFirst: FindFirst,
): Promise<Fault[]> {
  const found: Fault[] = [];
  const tries = new Map<string, number>();
  let copy: JsonObject | undefined;
  for (let count = 0; count < MAX_TRIES; count++) {
    const [fault] = await findFirst(copy ?? entity);
    if (!fault) {
      break;
    }
    if (!found.some(({ path }) => isWithin(fault.path, path))) {
      found.push(inWords(fault, entity));
    }
    const tried = tries.get(fault.path) ?? 0;
    tries.set(fault.path, tried + 1);
    copy ??= structuredClone(entity);
    if (tried === SAMPLES.length || !mend(copy, fault.path, SAMPLES[tried])) {
      break;
    }
  }
  return found;
}

function mend(
  root: JsonObject,
  path: string,
  value: JsonValue | undefined,
): boolean {
  const keys = keysOfPath(path);
  const last = keys.pop();
  const parent = keys.reduce<any>((node, key) => Object(node)[key], root);
  if (last === undefined || typeof parent !== 'object' || parent === null) {
    return false;
  }
  // Neither throws for the bytes of a `!!binary`.
  return value === undefined
    ? Reflect.deleteProperty(parent, last)
    : Reflect.set(parent, last, value);
}

const TYPES: Record<string, string> = {
  object: 'a map of keys and values',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
};

/** A wrong type in the words of YAML. */
function inWords(fault: Fault, entity: JsonObject): Fault {
  const [, type] = /^must be (\w+)$/.exec(fault.reason) ?? [];
  const expected = TYPES[type];
  if (expected === undefined) {
    return fault;
  }
  const value = keysOfPath(fault.path).reduce<JsonValue | undefined>(
    (node, key) => Object(node)[key],
    entity,
  );
  const shown = typeof value === 'object' ? undefined : fault.value;
  const shape = Array.isArray(value) ? 'a list' : describeShape(value);
  return {
    ...fault,
    reason: `is ${shape}, and must be ${expected}`,
    value: shown,
  };
}
