import type { CatalogModel } from '@backstage/catalog-model/alpha';
import type { JsonObject } from '@backstage/types';
import type { ErrorObject } from 'ajv';
import { describeShape, isObject, quoteValue } from '../../lib/values';
import {
  type CatalogSchema,
  listSchemas,
  namedSchemas,
} from '../catalogSchemas';
import { keysOfPointer, pathOfKeys, valueAt } from '../faults';
import { compileSchema } from '../recordSchema';
import type { FileFault } from './finding';

export type SchemaFault = Omit<FileFault, 'code'>;

/** Checks entities of a kind by a JSON Schema. */
export type CheckKind = (entity: JsonObject) => SchemaFault[];

/** The kinds of a model. */
export interface ModelKinds {
  /** Such as `backstage.io/v1alpha1/Component`. */
  names: Set<string>;
  /** Other kinds are checked for what all have in common. */
  check: CheckKind;
}

const compiled = new WeakMap<CatalogModel, ModelKinds>();

/** The kinds of a model, which are compiled once. */
export function kindsOf(model: CatalogModel): ModelKinds {
  const kinds = compiled.get(model) ?? compileModel(model);
  compiled.set(model, kinds);
  return kinds;
}

function compileModel(model: CatalogModel): ModelKinds {
  const names = new Set<string>();
  const checks = new Map<string, CheckKind>();
  const schemas = listSchemas(model);
  for (const { kind, apiVersion, specType, schema } of [
    templateSchema(schemas),
    ...schemas,
  ]) {
    const name = kind ? `${apiVersion}/${kind}` : '';
    checks.set([name, specType ?? []].flat().join('/'), compileLate(schema));
    if (kind) {
      names.add(name);
    }
  }
  return {
    names,
    check: entity => {
      const { apiVersion, kind, spec } = entity;
      const name = `${apiVersion}/${kind}`;
      const { type } = isObject(spec) ? spec : {};
      const check =
        checks.get(`${name}/${type}`) ?? checks.get(name) ?? checks.get('')!;
      return check(entity);
    },
  };
}

/** What the scaffolder demands of a Template, without what its steps and its form hold. */
const TEMPLATE_SPEC = {
  type: 'object',
  required: ['type', 'steps'],
  properties: {
    type: { type: 'string', minLength: 1 },
    steps: { type: 'array', items: { type: 'object', required: ['action'] } },
    parameters: { type: ['object', 'array'], items: { type: 'object' } },
    output: { type: 'object' },
  },
};

/** The scaffolder is another plugin: the model of a host may have a Template of its own. */
function templateSchema(schemas: CatalogSchema[]): CatalogSchema {
  const { schema } = schemas.find(({ kind }) => kind === undefined)!;
  const properties = schema.properties as JsonObject;
  return {
    name: 'Template',
    kind: 'Template',
    apiVersion: 'scaffolder.backstage.io/v1beta3',
    schema: {
      ...schema,
      required: [...(schema.required as string[]), 'spec'],
      properties: { ...properties, spec: TEMPLATE_SPEC },
    },
  };
}

/** Files are mostly of few kinds, and to compile a schema takes long. */
function compileLate(schema: JsonObject): CheckKind {
  let check: CheckKind | undefined;
  return entity => {
    check ??= compileOwn(schema);
    return check(entity);
  };
}

/** The catalog allows keywords that nobody else knows. With one, entities are not checked. */
function compileOwn(schema: JsonObject): CheckKind {
  try {
    const $schema = 'http://json-schema.org/draft-07/schema';
    return compileKindSchema({ $schema, ...schema });
  } catch {
    return () => [];
  }
}

/** Throws an `InputError` for a schema that cannot be compiled. */
export function compileKindSchema(schema: JsonObject): CheckKind {
  const others = namedSchemas().filter(({ $id }) => $id !== schema.$id);
  const validate = compileSchema(schema, { others });
  return entity =>
    validate(entity)
      ? []
      : (validate.errors ?? []).map(error => toFault(error, entity));
}

function toFault(
  { keyword, instancePath, params, message }: ErrorObject,
  entity: JsonObject,
): SchemaFault {
  const keys = keysOfPointer(instancePath);
  const { missingProperty, additionalProperty, allowedValues } = params;
  if (missingProperty !== undefined) {
    return {
      path: pathOfKeys([...keys, missingProperty]),
      reason: 'is missing',
    };
  }
  if (additionalProperty !== undefined) {
    const path = pathOfKeys([...keys, additionalProperty]);
    return { path, isName: true, reason: 'is not known here' };
  }
  const path = pathOfKeys(keys);
  const value = valueAt(entity, keys);
  if (keyword === 'type' && value === null) {
    const reason = `is empty, and must be ${inWords(
      params.type,
    )}; give it one, or leave the field out`;
    return { path, reason };
  }
  const found =
    typeof value === 'object' ? '' : ` (found ${quoteValue(value)})`;
  if (keyword === 'type') {
    const shape = Array.isArray(value) ? 'a list' : describeShape(value);
    const reason = `is ${shape}, and must be ${inWords(params.type)}${found}`;
    return { path, reason };
  }
  const listed = allowedValues?.map(quoteValue).join(', ');
  const reason = listed ? `must be one of ${listed}` : message;
  return { path, reason: `${reason}${found}` };
}

const TYPES: Record<string, string> = {
  object: 'a map of keys and values',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
};

/** A type, or several, in the words of YAML. */
function inWords(type: string | string[]): string {
  return [type]
    .flat()
    .map(name => TYPES[name] ?? `a ${name}`)
    .join(' or ');
}
