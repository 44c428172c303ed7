import { InputError } from '@backstage/errors';
import { ExpressionError, quoteExpression } from './ExpressionError';

/** Says where in the settings an expression stands that cannot be used. */
export function located<T>(source: string, where: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof ExpressionError) {
      const { expression, position, message } = error;
      throw new InputError(
        `Source "${source}": ${where}: the expression ${quoteExpression(
          expression,
          position,
        )} cannot be used: ${message}`,
      );
    }
    throw error;
  }
}
