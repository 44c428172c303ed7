import jsonata from 'jsonata';
import { nodesOf, type AstNode } from './ast';
import { describeFault } from './ExpressionError';
import { FunctionError } from './functions/FunctionError';
import { quoteValue } from './quoteValue';

/** Why an expression gave no value. */
export interface EvaluationFailure {
  type: 'failed';
  /** Holds nothing of the record, so that it may be logged. */
  reason: string;
  /** Characters into the expression. */
  position?: number;
  /** What it stumbled on, for people to see. */
  value?: string;
}

/** What JSONata throws. Its message is a template for the code, filled with the rest. */
interface Thrown {
  code?: unknown;
  message?: unknown;
  value?: unknown;
  value2?: unknown;
  exp?: unknown;
  /** What follows is the expression's own. */
  token?: unknown;
  index?: unknown;
  type?: unknown;
  functionName?: unknown;
}

/** `$error` and `$assert`, whose message an expression may make of the record. */
const RAISED = ['D3137', 'D3141'];

/** Evaluations that went beyond a limit, whose value is that limit. */
const LIMITS = ['D1012', 'D2015'];

/** Says what failed and, apart from it, on what. */
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
      : { ...failure, reason: 'it says so itself', value: quoteValue(reason) };
  }
  if (thrown instanceof FunctionError || LIMITS.includes(String(code))) {
    const given = LIMITS.includes(String(code)) ? undefined : quoteValue(value);
    return { ...failure, reason, value: given };
  }
  return typeof code === 'string'
    ? {
        ...failure,
        reason: await messageWithoutValue(thrown as Thrown),
        value: quoteValue(value),
      }
    : { ...failure, reason: reason.split('\n')[0] };
}

function isLiteral(ast: AstNode, text: string): boolean {
  return [...nodesOf(ast)].some(
    ({ type, value }) => type === 'string' && value === text,
  );
}

/** Stands where the value was, until it is cut out. */
const MARK = '…';
const AT_END = /(; got: |: | It was given |\. Given )"…"$/;

/** Reads `a` of its input, which is how an error gets into it. */
const probe = jsonata('a');

/**
 * JSONata's message for an error of its own. It keeps the templates to itself,
 * so it is handed the same error once more with nothing of the record in it.
 */
async function messageWithoutValue(thrown: Thrown): Promise<string> {
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
