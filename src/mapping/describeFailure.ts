import jsonata from 'jsonata';
import { quoteValue } from '../lib/values';
import { describeFault } from './ExpressionError';
import { type AstNode, nodesOf } from './ast';
import { FunctionError } from './functions/textOf';
import { isJsonataFunction } from './toJson';

/** Why an expression gave no value. */
export interface EvaluationFailure {
  type: 'failed';
  /** It contains nothing of the record, so it can be logged. */
  reason: string;
  /** In characters from the start of the expression. */
  position?: number;
  /** The value that could not be used, for people to see. */
  value?: string;
}

/** What JSONata throws. Its message is a template for the code, filled with the other fields. */
type Thrown = Record<string, unknown>;

/** `$error` and `$assert`: an expression may build their message from the record. */
const RAISED = ['D3137', 'D3141'];

/** Evaluations that exceeded a limit. Their value is the limit. */
const LIMITS = ['D1012', 'D2015'];

/** Separates the reason of a failure from the value that it was about. */
export async function describeFailure(
  thrown: unknown,
  ast: AstNode,
): Promise<EvaluationFailure> {
  const { reason, position } = describeFault(thrown);
  const failure = { type: 'failed' as const, position };
  const { code, value } = Object(thrown) as Thrown;
  if (RAISED.includes(String(code))) {
    return isLiteral(ast, reason)
      ? { ...failure, reason }
      : {
          ...failure,
          reason: 'the expression raised an error',
          value: quoteValue(reason),
        };
  }
  if (LIMITS.includes(String(code))) {
    return { ...failure, reason };
  }
  if (thrown instanceof FunctionError) {
    return { ...failure, reason, value: quoteArgument(value) };
  }
  return typeof code === 'string'
    ? {
        ...failure,
        reason: await messageWithoutValue(thrown as Thrown),
        value: quoteArgument(value),
      }
    : { ...failure, reason: reason.split('\n')[0] };
}

function quoteArgument(value: unknown): string | undefined {
  return isJsonataFunction(value) ? 'a function' : quoteValue(value);
}

function isLiteral(ast: AstNode, text: string): boolean {
  return [...nodesOf(ast)].some(
    ({ type, value }) => type === 'string' && value === text,
  );
}

/** Replaces the value in a message, until it is removed. */
const MARK = '…';
const AT_END = /(; got: |: | It was given |\. Given )"…"$/;

/** Reads `a` of its input. A getter there can throw into JSONata. */
const probe = jsonata('a');

/**
 * JSONata's message without the value. JSONata does not export its templates. So
 * this throws the same error into JSONata again, with nothing of the record in
 * it, and JSONata fills the template.
 */
async function messageWithoutValue(thrown: Thrown): Promise<string> {
  // The fields that come from the expression.
  const { code, token, index, type, functionName } = thrown;
  const masked = { code, token, index, type, functionName };
  const filled: Thrown = { ...masked, value: MARK, value2: MARK, exp: MARK };
  const input = Object.defineProperty({}, 'a', {
    get() {
      throw filled;
    },
  });
  await probe.evaluate(input).catch(() => undefined);
  return typeof filled.message === 'string'
    ? filled.message.replace(AT_END, '').replaceAll(`"${MARK}"`, MARK)
    : `JSONata gives the error ${code}`;
}
