import type { JsonValue } from '@backstage/types';
import { isRegExp } from 'node:util/types';
import jsonata, { type Expression } from 'jsonata';
import pLimit from 'p-limit';
import { describeFault, ExpressionError } from './ExpressionError';
import { type AstNode, nodesOf } from './ast';
import { describeFailure, type EvaluationFailure } from './describeFailure';
import {
  createFunctions,
  registerFunctions,
} from './functions/createFunctions';
import { BUILT_IN_NAMES, findUnknownName } from './functions/findUnknownName';
import { findUnknownTable, type Tables } from './functions/tables';
import { compileQuick } from './quick/compileQuick';
import { compileLinear, type Deadline, LinearRegex } from './regexEngine';
import { toJson } from './toJson';

export type Evaluation =
  | { type: 'value'; value: JsonValue | undefined }
  | EvaluationFailure;

export interface CompiledExpression {
  readonly text: string;
  readonly ast: AstNode;
  /** The result without JSONata's engine; undefined if only that can tell. */
  evaluateNow(input: JsonValue): Evaluation | undefined;
  /** Never throws. The caller may change the value. */
  evaluate(input: JsonValue): Promise<Evaluation>;
}

/** JSONata stops an evaluation that exceeds one of these. */
const RECORD_LIMITS = {
  /** Milliseconds. */
  timeout: 1000,
  /** Nested steps of the evaluation. The values of one object constructor count together. */
  stack: 1000,
  /** Members of a list that the expression builds. */
  sequence: 100_000,
};

/** For expressions that run once for an answer, not once for each record. */
export const ANSWER_LIMITS = {
  ...RECORD_LIMITS,
  timeout: 10_000,
  sequence: 1_000_000,
};

/**
 * Evaluations run one at a time. They never wait for anything outside the
 * process, so this costs no time. And each time limit then measures the work of
 * one evaluation only.
 */
const oneAtATime = pLimit(1);

/** Throws an `ExpressionError` for what JSONata cannot parse and for what is refused. */
export function compileExpression(
  text: string,
  options: { limits?: typeof RECORD_LIMITS; tables?: Tables } = {},
): CompiledExpression {
  const { limits = RECORD_LIMITS, tables = {} } = options;
  const deadline: Deadline = { at: Infinity };
  const expression = parse(text, limits, deadline);
  const ast: AstNode = expression.ast() as object;
  const functions = createFunctions(tables);
  refuse(ast, text, { tables, functions });
  registerFunctions(expression, functions);
  const quick = compileQuick(ast, functions);
  const evaluateNow = (input: JsonValue): Evaluation | undefined => {
    try {
      return quick && { type: 'value', value: toJson(quick(input)) };
    } catch {
      // A failure is left to JSONata too: its error has the position and the reason.
      return undefined;
    }
  };
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
        const value = await oneAtATime(() => {
          deadline.at = Date.now() + limits.timeout;
          return expression.evaluate(input);
        });
        return { type: 'value', value: toJson(value) };
      } catch (error) {
        return describeFailure(error, ast);
      }
    },
  };
}

function parse(
  text: string,
  limits: typeof RECORD_LIMITS,
  deadline: Deadline,
): Expression {
  class RegexEngine extends LinearRegex {
    constructor(pattern: RegExp) {
      super(pattern, deadline);
    }
  }
  try {
    return jsonata(text, {
      ...limits,
      RegexEngine: RegexEngine as unknown as RegExpConstructor,
    });
  } catch (error) {
    throw new ExpressionError('syntax', text, describeFault(error));
  }
}

const CHANGES =
  'its result differs at each poll, so every record would change each time';

const REFUSED = new Map([
  ['eval', 'it would run text of the record as code'],
  ['now', CHANGES],
  ['millis', CHANGES],
  ['random', CHANGES],
  ['shuffle', CHANGES],
]);

/** Throws for a function, regular expression or table that cannot be used. It is enough that a function is named. */
function refuse(
  ast: AstNode,
  text: string,
  options: { tables: Tables; functions: object },
): void {
  for (const node of nodesOf(ast)) {
    const reason = describeRefused(node);
    if (reason !== undefined) {
      const { position } = node;
      throw new ExpressionError('refused', text, { reason, position });
    }
  }
  const available = BUILT_IN_NAMES.filter(name => !REFUSED.has(name)).concat(
    Object.keys(options.functions),
  );
  const unknown =
    findUnknownName(ast, available) ?? findUnknownTable(ast, options.tables);
  if (unknown) {
    throw new ExpressionError('refused', text, unknown);
  }
}

function describeRefused({ type, value }: AstNode): string | undefined {
  if (type === 'regex' && !isRegExp(value)) {
    // JSONata copies the left side as JSON.
    return 'JSONata loses a regular expression on the left of ?? and ?:; write $exists(a) ? a : b';
  }
  if (type === 'regex') {
    try {
      compileLinear(value as RegExp);
    } catch (error) {
      return (error as Error).message;
    }
  }
  const why = type === 'variable' ? REFUSED.get(String(value)) : undefined;
  return why && `$${value} is not available: ${why}`;
}
