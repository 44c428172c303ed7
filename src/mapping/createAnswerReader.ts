import type { JsonValue } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import { SourceError } from '../lib/errors';
import { quoteExpression } from './ExpressionError';
import type { RecordMapper } from './RecordMapper';
import { mayRead } from './ast';
import { ANSWER_LIMITS, compileExpression } from './compileExpression';

/** Evaluates an expression about an answer, such as the next page's cursor. */
export interface AnswerReader {
  read(answer: JsonValue): Promise<JsonValue | undefined>;
  /** Whether it may read records, so that an answer without them is not enough. */
  needsWhole: boolean;
}

/**
 * Compiles `pagination.next` or `complete`; undefined for a source without it.
 * Throws an `ExpressionError` for one that cannot be used.
 */
export function createAnswerReader(
  settings: Pick<SourceSettings, 'name'> &
    Partial<Pick<SourceSettings, 'tables'>>,
  { key, text }: { key: string; text: string | undefined },
  { listPath }: Pick<RecordMapper, 'listPath'>,
): AnswerReader | undefined {
  const { name, tables } = settings;
  if (text === undefined) {
    return undefined;
  }
  const expression = compileExpression(text, { limits: ANSWER_LIMITS, tables });
  return {
    needsWhole: !listPath || mayRead(expression.ast, listPath),
    async read(answer) {
      const result = await expression.evaluate(answer);
      if (result.type === 'failed') {
        const quoted = quoteExpression(text, result.position);
        throw new SourceError(
          `Source "${name}": ${key}: the expression ${quoted} fails: ${result.reason}`,
          { code: 'pagination' },
        );
      }
      return result.value;
    },
  };
}
