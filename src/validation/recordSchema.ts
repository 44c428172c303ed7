import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { type ErrorObject, MissingRefError, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../lib/problem';
import { createAjv, type PatternCompiler } from './createAjv';
import { keysOfPointer, pathOfKeys, quote } from './faults';

/** Checks a record before it is mapped; gives no problems where it conforms to its source's schema. */
export type CheckRecord = (record: JsonObject, recordId: string) => Problem[];

const MAX_PROBLEMS = 20;

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
    .map(error =>
      toProblem(
        cut(pathOf(error)),
        `${cut(reasonOf(error))} (schema: ${error.keyword})`,
      ),
    );
  const beyond = errors.length - problems.length;
  return beyond > 0
    ? [...problems, toProblem('', `has ${beyond} more faults`)]
    : problems;
}

function pathOf({ instancePath, params, propertyName }: ErrorObject): string {
  const key: string | undefined =
    propertyName ??
    params.missingProperty ??
    params.additionalProperty ??
    params.unevaluatedProperty ??
    params.propertyName;
  const keys = keysOfPointer(instancePath);
  return pathOfKeys(key === undefined ? keys : [...keys, key]);
}

/** In the schema's own words, and never with the record's value. */
function reasonOf({ keyword, message, params }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'is a field that the schema does not have';
    case 'propertyNames':
      return 'has a name that the schema does not allow';
    case 'const':
      return `must be ${quote(params.allowedValue)}`;
    case 'enum':
      return `must be one of ${listOf(params.allowedValues)}`;
    default:
      return message ?? 'does not conform';
  }
}

const MAX_VALUES = 10;

function listOf(values: unknown[]): string {
  const shown = values.slice(0, MAX_VALUES).map(quote).join(', ');
  return values.length > MAX_VALUES ? `${shown}, …` : shown;
}

const MAX_TEXT = 300;

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
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
