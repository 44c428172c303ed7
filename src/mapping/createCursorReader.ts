import type { JsonValue } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import { SourceError } from '../lib/errors';
import { atSetting, quoteExpression } from './ExpressionError';
import type { RecordMapper } from './RecordMapper';
import { mayRead } from './ast';
import { ANSWER_LIMITS, compileExpression } from './compileExpression';

/** Finds the next page's cursor or URL in an answer. */
export interface CursorReader {
  read(answer: JsonValue): Promise<JsonValue | undefined>;
  /** Whether it may read records, so that an answer without them is not enough. */
  needsWhole: boolean;
}

/**
 * Compiles `pagination.next`; undefined for a source without it. Throws an
 * `InputError` for an expression that cannot be used.
 */
export function createCursorReader(
  settings: Pick<SourceSettings, 'name' | 'pagination'> &
    Partial<Pick<SourceSettings, 'tables'>>,
  { listPath }: Pick<RecordMapper, 'listPath'>,
): CursorReader | undefined {
  const { name, pagination, tables } = settings;
  const text = 'next' in pagination ? pagination.next : undefined;
  if (text === undefined) {
    return undefined;
  }
  const next = atSetting(name, 'pagination.next', () =>
    compileExpression(text, { limits: ANSWER_LIMITS, tables }),
  );
  return {
    needsWhole: !listPath || mayRead(next.ast, listPath),
    async read(answer) {
      const result = await next.evaluate(answer);
      if (result.type === 'failed') {
        const quoted = quoteExpression(text, result.position);
        throw new SourceError(
          `Source "${name}": pagination.next: the expression ${quoted} fails: ${result.reason}`,
          { code: 'pagination' },
        );
      }
      return result.value;
    },
  };
}
