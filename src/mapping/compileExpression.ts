import type { JsonValue } from '@backstage/types';
import jsonata from 'jsonata';
import { nodesOf, type AstNode } from './ast';
import {
  describeFault,
  ExpressionError,
  type ExpressionFault,
} from './ExpressionError';
import { inTurn } from './inTurn';
import { pad } from './pad';
import { plainPath, readPath } from './plainPath';
import {
  findRefusedFunction,
  withholdRefusedFunctions,
} from './refusedFunctions';
import { compileLinear, LinearRegex } from './regexEngine';
import { toJson } from './toJson';

export type Evaluation =
  | { type: 'value'; value: JsonValue | undefined }
  | { type: 'failed'; reason: string; position?: number };

export interface CompiledExpression {
  readonly text: string;
  readonly ast: AstNode;
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
  limits: EvaluationLimits = RECORD_LIMITS,
): CompiledExpression {
  const expression = parse(text, limits);
  const ast: AstNode = expression.ast() as object;
  refuse(ast, text);
  withholdRefusedFunctions(expression);
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  const path = plainPath(ast);
  return {
    text,
    ast,
    async evaluate(input) {
      try {
        const quick = path && readPath(input, path);
        const value =
          quick?.type === 'value'
            ? quick.value
            : await inTurn(() => expression.evaluate(input));
        return { type: 'value', value: toJson(value) };
      } catch (error) {
        return { type: 'failed', ...describeFault(error) };
      }
    },
  };
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

function refuse(ast: AstNode, text: string): void {
  const refused = findRefusedFunction(ast) ?? findRefusedRegex(ast);
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
