import type { Problem } from '../lib/problem';
import { quoteExpression } from './ExpressionError';
import type { FillFault } from './fillTemplate';

/** A fault as it is shown and logged, with the record that it is in. */
export function toProblem(
  { code, path, expression, position, reason, value }: FillFault,
  { source, recordId }: { source: string; recordId: string },
): Problem {
  const quoted = quoteExpression(expression, position);
  return {
    code,
    severity: 'error',
    recordId,
    path,
    message: `Record "${recordId}" of source "${source}": ${path}: the expression ${quoted} ${reason}`,
    ...(value !== undefined && { value }),
  };
}
