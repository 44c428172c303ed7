import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { type ErrorObject, MissingRefError, type ValidateFunction } from 'ajv';
import type { Problem } from '../lib/problem';
import { createAjv, type PatternCompiler } from './recordSchema/createAjv';
import { describeError } from './recordSchema/describeError';

/** Whether a record is one that its source promised, before it is mapped. */
export interface RecordGate {
  /** Empty for a record that may pass. */
  check(record: JsonObject, recordId: string): Problem[];
}

const MOST_PROBLEMS = 20;

/**
 * Lets pass the records that conform to a JSON Schema. Throws an `InputError`
 * for a schema that cannot be compiled; refs that lead out of it are never
 * fetched.
 */
export function createRecordGate(options: {
  source: string;
  schema: JsonObject;
  /** For the schema's patterns, which meet text from outside; without it `RegExp`. */
  compilePattern?: PatternCompiler;
}): RecordGate {
  const { source } = options;
  const validate = compile(options);
  return {
    check(record, recordId) {
      if (validate(record)) {
        return [];
      }
      return toProblems({ source, recordId, errors: validate.errors ?? [] });
    },
  };
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
    ? 'check how the keyword is spelt, or begin it with "x-" where it is your own'
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
  const problems = errors.slice(0, MOST_PROBLEMS).map(error => {
    const { path, reason } = describeError(error);
    return toProblem(path, reason);
  });
  const beyond = errors.length - problems.length;
  return beyond > 0
    ? [...problems, toProblem('', `has ${beyond} more faults`)]
    : problems;
}
