import type { JsonValue } from '@backstage/types';
import jsonata from 'jsonata';
import { nodesOf, type AstNode } from './ast';
import { describeFailure, type EvaluationFailure } from './describeFailure';
import {
  describeFault,
  ExpressionError,
  type ExpressionFault,
} from './ExpressionError';
import {
  createFunctions,
  registerFunctions,
} from './functions/createFunctions';
import { findUnknownTable, type Tables } from './functions/tables';
import { inTurn } from './inTurn';
import { NEEDS_JSONATA } from './plainPath';
import { compileQuick } from './quick/compileQuick';
import type { Quick } from './quick/operations';
import {
  findRefusedFunction,
  withholdRefusedFunctions,
} from './refusedFunctions';
import { compileLinear, LinearRegex } from './regexEngine';
import { toJson } from './toJson';

export type Evaluation = EvaluatedValue | EvaluationFailure;

interface EvaluatedValue {
  type: 'value';
  value: JsonValue | undefined;
}

export interface CompiledExpression {
  readonly text: string;
  readonly ast: AstNode;
  /** What can be told at once, without JSONata; undefined where that cannot. */
  evaluateNow(input: JsonValue): Evaluation | undefined;
  /** Never throws; the value is the caller's own. */
  evaluate(input: JsonValue): Promise<Evaluation>;
}

/** What one evaluation may take; JSONata stops it beyond. */
export interface EvaluationLimits {
  /** Milliseconds. */
  timeout: number;
  /** Nested steps of the evaluation. The values of one object constructor count together. */
  stack: number;
  /** Members of a list that the expression builds. */
  sequence: number;
}

export const RECORD_LIMITS: EvaluationLimits = {
  timeout: 1000,
  stack: 1000,
  sequence: 100_000,
};

/** For what runs once an answer rather than once a record. */
export const ANSWER_LIMITS: EvaluationLimits = {
  timeout: 10_000,
  stack: 1000,
  sequence: 1_000_000,
};

/** Throws an `ExpressionError` for what JSONata cannot parse and for what is refused. */
export function compileExpression(
  text: string,
  options: { limits?: EvaluationLimits; tables?: Tables } = {},
): CompiledExpression {
  const { limits = RECORD_LIMITS, tables = {} } = options;
  const expression = parse(text, limits);
  const ast: AstNode = expression.ast() as object;
  refuse(ast, text, tables);
  withholdRefusedFunctions(expression);
  const functions = createFunctions(tables);
  registerFunctions(expression, functions);
  const quick = compileQuick(ast, functions);
  const evaluateNow = (input: JsonValue) => quick && runQuick(quick, input);
  return {
    text,
    ast,
    evaluateNow,
    async evaluate(input) {
      const known = evaluateNow(input);
      if (known) {
        return known;
      }
      try {
        const value = await inTurn(() => expression.evaluate(input));
        return { type: 'value', value: toJson(value) };
      } catch (error) {
        return describeFailure(error, ast);
      }
    },
  };
}

/** Leaves what fails to JSONata as well, which says where and why. */
function runQuick(quick: Quick, input: JsonValue): EvaluatedValue | undefined {
  try {
    const value = quick(input);
    return value === NEEDS_JSONATA
      ? undefined
      : { type: 'value', value: toJson(value) };
  } catch {
    return undefined;
  }
}

function parse(text: string, limits: EvaluationLimits): jsonata.Expression {
  try {
    return jsonata(text, {
      ...limits,
      RegexEngine: LinearRegex as unknown as RegExpConstructor,
    });
  } catch (error) {
    throw new ExpressionError('syntax', text, describeFault(error));
  }
}

function refuse(ast: AstNode, text: string, tables: Tables): void {
  const refused =
    findRefusedFunction(ast) ??
    findRefusedRegex(ast) ??
    findUnknownTable(ast, tables);
  if (refused) {
    throw new ExpressionError('refused', text, refused);
  }
}

function findRefusedRegex(ast: AstNode): ExpressionFault | undefined {
  for (const { type, value, position } of nodesOf(ast)) {
    if (type === 'regex') {
      try {
        compileLinear(value as RegExp);
      } catch (error) {
        return { reason: (error as Error).message, position };
      }
    }
  }
  return undefined;
}
