import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { type ErrorObject, MissingRefError, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../lib/problem';
import { createAjv, type PatternCompiler } from './createAjv';
import { counted, isObject, quoteValue } from '../lib/values';
import { type Fault, keysOfPointer, pathOfKeys } from './faults';

/** Checks a record before it is mapped; gives no problems where it conforms to its source's schema. */
export type CheckRecord = (record: JsonObject, recordId: string) => Problem[];

const MAX_PROBLEMS = 20;
const MAX_PATH = 300;

/**
 * Compiles the JSON Schema of a source's records. Throws an `InputError` for a
 * schema that cannot be compiled. References out of the schema are never fetched.
 */
export function compileRecordSchema(
  source: string,
  schema: JsonObject,
  /** For the schema's patterns, which are matched with external text; `RegExp` by default. */
  compilePattern?: PatternCompiler,
): CheckRecord {
  const validate = compileSchema(schema, { compilePattern });
  const check = (record: JsonObject) =>
    validate(record) ? [] : toFaults(validate.errors ?? []);
  return (record, recordId) =>
    check(record).map(({ path, reason }) => ({
      code: 'record-schema',
      severity: 'error',
      recordId,
      ...(path && { path }),
      message: `Record "${recordId}" of source "${source}": ${
        path || 'the record'
      } ${reason}`,
    }));
}

/** Compiles a JSON Schema as `compileRecordSchema` does. */
export function compileSchema(
  schema: JsonObject,
  options: {
    compilePattern?: PatternCompiler;
    /** What it may refer to, by their `$id`. */
    others?: JsonObject[];
  },
): ValidateFunction {
  const { compilePattern, others = [] } = options;
  try {
    const validate = createAjv(schema, compilePattern)
      .addSchema(others)
      .compile(schema);
    if ('$async' in validate) {
      throw new Error('"$async" is not supported');
    }
    return validate;
  } catch (error) {
    throw new InputError(
      `cannot be used as a JSON Schema; ${adviceOn(error)}`,
      error,
    );
  }
}

function adviceOn(error: unknown): string {
  if (error instanceof MissingRefError) {
    return `put what "${error.missingRef}" refers to under "$defs" of the schema, since nothing is fetched`;
  }
  return /unknown keyword/.test(String(error))
    ? 'check the spelling of the keyword, or begin it with "x-" if it is your own'
    : 'check it with a validator of the draft that its "$schema" names';
}

/** At most 20, and how many more there are. */
function toFaults(errors: ErrorObject[]): Pick<Fault, 'path' | 'reason'>[] {
  const faults = errors
    .slice(0, MAX_PROBLEMS)
    .map(error => ({ path: pathOf(error), reason: reasonOf(error) }));
  const beyond = errors.length - faults.length;
  return beyond > 0
    ? [...faults, { path: '', reason: `has ${counted(beyond, 'more fault')}` }]
    : faults;
}

function pathOf({ instancePath, params }: ErrorObject): string {
  const keys = keysOfPointer(instancePath);
  const { missingProperty = [] } = params;
  return pathOfKeys(keys.concat(missingProperty)).slice(0, MAX_PATH);
}

/** In the words of the validator, which never contain the value. */
function reasonOf({ keyword, message, params, propertyName }: ErrorObject) {
  const name: string | undefined =
    propertyName ??
    params.additionalProperty ??
    params.unevaluatedProperty ??
    params.propertyName;
  const detail = name ?? params.allowedValues ?? params.allowedValue;
  const words = keyword === 'required' ? 'is missing' : message;
  return `${words}${
    detail === undefined ? '' : `: ${quoteValue(detail)}`
  } (schema: ${keyword})`;
}

/**
 * Reads the JSON Schema of a source from its file, once, at the start. A
 * relative path begins at the working directory of the process.
 */
export function readSchemaFile(file: string): JsonObject {
  const path = resolve(file);
  try {
    const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
    const schema = JSON.parse(text);
    if (!isObject(schema)) {
      throw new Error('it holds no object; begin it with { "type": "object" }');
    }
    return schema;
  } catch (error) {
    throw new InputError(
      `names the file "${path}", which cannot be used as a JSON Schema; a relative path begins at the working directory of the backend`,
      error,
    );
  }
}
