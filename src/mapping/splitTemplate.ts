import { ExpressionError } from './ExpressionError';

const OPEN = '${{';
const CLOSE = '}}';

/** The literal text and the expressions of a string, in their order. */
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
 * The expression up to the first `}}` where JSONata understands it. One inside
 * a string, a regular expression or an object leaves something open before it.
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
      errors.push(syntaxError(error));
    }
  }
  throw likeliest(errors) ?? unclosed(rest);
}

/** The error, if it leaves room for a `}}` further on to be the right one. */
function syntaxError(error: unknown): ExpressionError {
  if (error instanceof ExpressionError && error.code === 'syntax') {
    return error;
  }
  throw error;
}

/** The error of what was most likely meant as the expression. */
function likeliest(errors: ExpressionError[]): ExpressionError | undefined {
  const balanced = errors.find(
    ({ expression }) =>
      expression.split('{').length === expression.split('}').length,
  );
  return balanced ?? errors[0];
}

function unclosed(rest: string): ExpressionError {
  return new ExpressionError('syntax', rest, {
    reason: `"${OPEN}" is not closed by "${CLOSE}"`,
  });
}
