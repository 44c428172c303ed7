import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { type ErrorObject, MissingRefError, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../lib/problem';
import { createAjv, type PatternCompiler } from './createAjv';
import { quoteValue } from '../lib/values';
import { keysOfPointer, pathOfKeys } from './faults';

/** Checks a record before it is mapped; gives no problems where it conforms to its source's schema. */
export type CheckRecord = (record: JsonObject, recordId: string) => Problem[];

const MAX_PROBLEMS = 20;
const MAX_PATH = 300;

/**
 * Compiles the JSON Schema of a source's records. Throws an `InputError` for a
 * schema that cannot be compiled. References out of the schema are never fetched.
 */
export function compileRecordSchema(options: {
  source: string;
  schema: JsonObject;
  /** For the schema's patterns, which are matched with external text; `RegExp` by default. */
  compilePattern?: PatternCompiler;
}): CheckRecord {
  const { source } = options;
  const validate = compile(options);
  return (record, recordId) =>
    validate(record)
      ? []
      : toProblems({ source, recordId, errors: validate.errors ?? [] });
}

function compile(options: {
  source: string;
  schema: JsonObject;
  compilePattern?: PatternCompiler;
}): ValidateFunction {
  const { source, schema, compilePattern } = options;
  try {
    const validate = createAjv(schema, compilePattern).compile(schema);
    if ('$async' in validate) {
      throw new Error('"$async" is not supported');
    }
    return validate;
  } catch (error) {
    throw new InputError(
      `The JSON Schema at catalog.customData.sources.${source}.schema cannot be used; ${adviceOn(
        error,
      )}`,
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

function toProblems(options: {
  source: string;
  recordId: string;
  errors: ErrorObject[];
}): Problem[] {
  const { source, recordId, errors } = options;
  const toProblem = (path: string, reason: string): Problem => ({
    code: 'record-schema',
    severity: 'error',
    recordId,
    ...(path && { path }),
    message: `Record "${recordId}" of source "${source}": ${
      path || 'the record'
    } ${reason}`,
  });
  const problems = errors
    .slice(0, MAX_PROBLEMS)
    .map(error => toProblem(pathOf(error), reasonOf(error)));
  const beyond = errors.length - problems.length;
  return beyond > 0
    ? [...problems, toProblem('', `has ${beyond} more faults`)]
    : problems;
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
export function readSchemaFile(options: {
  source: string;
  path: string;
}): JsonObject {
  const path = resolve(options.path);
  const refuse = (reason: string, cause?: unknown) =>
    new InputError(
      `The JSON Schema at catalog.customData.sources.${options.source}.schema, the file "${path}", ${reason}`,
      cause,
    );
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw refuse(
      'cannot be read; a relative path begins at the working directory of the backend',
      error,
    );
  }
  let schema: JsonObject;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw refuse('is not valid JSON', error);
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw refuse('holds no object; begin it with { "type": "object", … }');
  }
  return schema;
}
