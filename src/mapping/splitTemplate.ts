import { ExpressionError } from './ExpressionError';

const OPEN = '${{';
const CLOSE = '}}';

/** The literal texts and the expressions of a string, in order. */
export function splitTemplate<T extends object>(
  text: string,
  compile: (expression: string) => T,
): (string | T)[] {
  const parts: (string | T)[] = [];
  let from = 0;
  for (
    let open = text.indexOf(OPEN);
    open !== -1;
    open = text.indexOf(OPEN, from)
  ) {
    const { expression, end } = readExpression(
      text.slice(open + OPEN.length),
      compile,
    );
    parts.push(text.slice(from, open), expression);
    from = open + OPEN.length + end;
  }
  parts.push(text.slice(from));
  return parts.filter(part => part !== '');
}

/**
 * The expression up to the first `}}` where JSONata can parse it. Up to a `}}`
 * inside a string, a regular expression or an object it cannot.
 */
function readExpression<T>(
  rest: string,
  compile: (expression: string) => T,
): { expression: T; end: number } {
  const errors: ExpressionError[] = [];
  for (
    let close = rest.indexOf(CLOSE);
    close !== -1;
    close = rest.indexOf(CLOSE, close + 1)
  ) {
    try {
      const expression = compile(rest.slice(0, close).trim());
      return { expression, end: close + CLOSE.length };
    } catch (error) {
      // Only a syntax error may mean that a later `}}` is the right one.
      if (!(error instanceof ExpressionError) || error.code !== 'syntax') {
        throw error;
      }
      errors.push(error);
    }
  }
  const reason = `"${OPEN}" is not closed by "${CLOSE}"`;
  throw (
    errors.find(({ expression }) => isBalanced(expression)) ??
    errors[0] ??
    new ExpressionError('syntax', rest, { reason })
  );
}

/** Then it was most likely meant as the expression. */
function isBalanced(text: string): boolean {
  return text.split('{').length === text.split('}').length;
}
