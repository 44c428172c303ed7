import type { JsonObject, JsonValue } from '@backstage/types';
import { SourceError } from '../lib/errors';
import { quoteExpression } from './ExpressionError';
import type { CompiledExpression } from './compileExpression';
import { describeShape } from './describeShape';
import { listPath, type ListPath } from './listPath';
import { locate, type Located } from './locate';

/**
 * Finds the list inside an answer, or throws a `SourceError` of code `shape`.
 *
 * JSONata gives nothing both for a list that is empty once filtered and for one
 * whose key the API has renamed, and it unwraps a list of one. So a path is
 * followed by hand, and nothing counts as an empty list only where the list
 * that the expression starts from is there and empty, or where the expression
 * builds a list itself, with `[ ]`.
 */
export function createRecordSelector(options: {
  source: string;
  expression?: CompiledExpression;
}): (answer: JsonValue) => Promise<JsonValue[]> {
  const { source, expression } = options;
  if (!expression) {
    return async answer => recordsOf(answer, source);
  }
  const path = listPath(expression.ast);
  const fail = (reason: string) =>
    shapeError(source, `records ${quoteExpression(expression.text)} ${reason}`);
  return async answer =>
    path?.isWhole
      ? followPath(answer, path, fail)
      : evaluateList({ answer, expression, path, fail });
}

/** A key that an expression may name without backticks. */
const PLAIN_NAME = /^[A-Za-z_]\w{0,39}$/;

type Fail = (reason: string) => SourceError;

function recordsOf(answer: JsonValue, source: string): JsonValue[] {
  if (Array.isArray(answer)) {
    return answer;
  }
  const list = Object.entries(Object(answer) as JsonObject).find(
    ([key, member]) => PLAIN_NAME.test(key) && Array.isArray(member),
  );
  throw shapeError(
    source,
    `the answer is ${describeShape(
      answer,
    )}, not a list of records; set "records" to where the list is${
      list ? `, such as "records: ${list[0]}"` : ''
    }`,
  );
}

function followPath(
  answer: JsonValue,
  path: ListPath,
  fail: Fail,
): JsonValue[] {
  const { values, throughArray } = found(locate(answer, path.names), fail);
  if (throughArray) {
    return values.flat();
  }
  const [value] = values;
  if (Array.isArray(value)) {
    return value;
  }
  if (path.keepsArray && isObject(value)) {
    return [value];
  }
  throw fail(
    `leads to ${describeShape(
      value,
    )}, not to a list of records; look for the list in the answer`,
  );
}

function found(located: Located, fail: Fail): Located & { type: 'found' } {
  if (located.type === 'found') {
    return located;
  }
  const { at, name, value } = located;
  throw fail(
    `does not lead to a list: ${at || 'the answer'} is ${describeShape(
      value,
    )} and has no "${name}"; look whether the API has renamed it`,
  );
}

async function evaluateList(options: {
  answer: JsonValue;
  expression: CompiledExpression;
  path?: ListPath;
  fail: Fail;
}): Promise<JsonValue[]> {
  const { answer, expression, path, fail } = options;
  const evaluation = await expression.evaluate(answer);
  if (evaluation.type === 'failed') {
    const { position, reason } = evaluation;
    throw fail(
      `fails${
        position === undefined ? '' : ` at position ${position}`
      }: ${reason}`,
    );
  }
  const { value } = evaluation;
  if (value === undefined || isEmpty(value)) {
    return emptyList({ answer, path, isBuilt: Array.isArray(value), fail });
  }
  if (Array.isArray(value)) {
    return value;
  }
  if (isObject(value)) {
    return [value];
  }
  throw fail(`gives ${describeShape(value)}, not a list of records`);
}

/** An empty list, if it can be told from an answer that has changed its shape. */
function emptyList(options: {
  answer: JsonValue;
  path?: ListPath;
  isBuilt: boolean;
  fail: Fail;
}): JsonValue[] {
  const { answer, path, isBuilt, fail } = options;
  const start = path && found(locate(answer, path.names), fail).values;
  if (isBuilt || start?.every(isEmpty)) {
    return [];
  }
  throw fail(
    `gives nothing for an answer that is ${describeShape(
      answer,
    )}; where an empty list is right, put the expression in [ ]`,
  );
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null
    ? !Object.keys(value).length
    : false;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shapeError(source: string, reason: string): SourceError {
  return new SourceError(`Source "${source}": ${reason}`, { code: 'shape' });
}
