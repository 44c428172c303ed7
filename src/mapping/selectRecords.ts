import type { JsonObject, JsonValue } from '@backstage/types';
import { SourceError } from '../lib/errors';
import { describeShape, fieldPath, isObject } from '../lib/values';
import { quoteExpression } from './ExpressionError';
import type { MappingSettings, RecordMapper } from './RecordMapper';
import { listPath, type ListPath } from './ast';
import {
  ANSWER_LIMITS,
  type CompiledExpression,
  compileExpression,
} from './compileExpression';

/**
 * Compiles `records`, which finds the list in an answer. A selector throws a
 * `SourceError` of code `shape` if there is no list.
 *
 * JSONata gives no value for a list that is empty after a filter, and also for a
 * list whose key the API has renamed. And it unwraps a list of one. So this
 * follows a path itself. No value means an empty list only if the list that the
 * expression starts from is there and empty, or if the expression builds a list
 * with `[ ]`.
 */
export function createRecordSelector({
  name,
  records,
  tables,
}: Pick<MappingSettings, 'name' | 'records' | 'tables'>): Pick<
  RecordMapper,
  'listPath' | 'selectRecords'
> {
  if (records === undefined) {
    return {
      listPath: [],
      selectRecords: async answer => recordsOf(answer, name),
    };
  }
  const expression = compileExpression(records, {
    limits: ANSWER_LIMITS,
    tables,
  });
  const path = listPath(expression.ast);
  const fail = (reason: string) =>
    shapeError(name, `records ${quoteExpression(records)} ${reason}`);
  return {
    listPath: path?.isWhole ? path.names : undefined,
    selectRecords: async answer =>
      path?.isWhole
        ? followPath(answer, path, fail)
        : evaluateList(answer, expression, fail),
  };
}

/** A key that needs no backticks in an expression. */
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
    )}, not a list of records; set "records" to the path of the list${
      list ? `, such as "records: ${list[0]}"` : ''
    }`,
  );
}

function followPath(
  answer: JsonValue,
  path: ListPath,
  fail: Fail,
): JsonValue[] {
  const { values, isThroughArray } = locate(answer, path.names, fail);
  if (isThroughArray) {
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
    )}, not to a list of records; look where the list is in the answer`,
  );
}

/**
 * The values at a path; several if it leads through an array. JSONata skips
 * members of an array that lack the rest of the path. Here each of them must
 * have it, since otherwise the list is incomplete.
 */
function locate(
  value: JsonValue,
  names: string[],
  fail: Fail,
  at = '',
): { values: JsonValue[]; isThroughArray: boolean } {
  const [name, ...rest] = names;
  if (name === undefined) {
    return { values: [value], isThroughArray: false };
  }
  if (Array.isArray(value)) {
    const values = value.flatMap(
      (item, index) => locate(item, names, fail, fieldPath(at, index)).values,
    );
    return { values, isThroughArray: true };
  }
  if (!isObject(value) || !Object.hasOwn(value, name)) {
    throw fail(
      `does not lead to a list: ${at || 'the answer'} is ${describeShape(
        value,
      )} and has no "${name}"; check whether the API has renamed it`,
    );
  }
  return locate(value[name] ?? null, rest, fail, fieldPath(at, name));
}

async function evaluateList(
  answer: JsonValue,
  { ast, evaluate }: CompiledExpression,
  fail: Fail,
): Promise<JsonValue[]> {
  const evaluation = await evaluate(answer);
  if (evaluation.type === 'failed') {
    const { position, reason } = evaluation;
    const where = position === undefined ? '' : ` at position ${position}`;
    throw fail(`fails${where}: ${reason}`);
  }
  const { value } = evaluation;
  if (value === undefined || isEmpty(value)) {
    const path = listPath(ast);
    const start = path && locate(answer, path.names, fail).values;
    if (Array.isArray(value) || start?.every(isEmpty)) {
      return [];
    }
    throw fail(
      `gives nothing for an answer that is ${describeShape(
        answer,
      )}; if an empty list is right, put the expression in [ ]`,
    );
  }
  if (Array.isArray(value) || isObject(value)) {
    return [value].flat();
  }
  throw fail(`gives ${describeShape(value)}, not a list of records`);
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === 'object' && !!value && !Object.keys(value).length;
}

function shapeError(source: string, reason: string): SourceError {
  return new SourceError(`Source "${source}": ${reason}`, { code: 'shape' });
}
