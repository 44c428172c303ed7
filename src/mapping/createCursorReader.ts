import type { JsonValue } from '@backstage/types';
import type { SourceSettings } from '../config/settings';
import { SourceError } from '../lib/errors';
import { quoteExpression } from './ExpressionError';
import { ANSWER_LIMITS, compileExpression } from './compileExpression';
import { createList } from './createList';
import { located } from './located';
import { readsInside } from './readsInside';

/** Finds the next page's cursor or URL in an answer. */
export interface CursorReader {
  (answer: JsonValue): Promise<JsonValue | undefined>;
  /** Whether it may look at records: an answer without them is not enough for it. */
  readonly needsWhole: boolean;
}

type CursorSettings = Pick<SourceSettings, 'name' | 'pagination' | 'records'> &
  Partial<Pick<SourceSettings, 'tables'>>;

/**
 * Compiles `pagination.next`; undefined for a source that has none. Throws an
 * `InputError` for an expression that cannot be used.
 */
export function createCursorReader(
  settings: CursorSettings,
): CursorReader | undefined {
  const { name, pagination, tables } = settings;
  const text = 'next' in pagination ? pagination.next : undefined;
  if (text === undefined) {
    return undefined;
  }
  const next = located(name, 'pagination.next', () =>
    compileExpression(text, { limits: ANSWER_LIMITS, tables }),
  );
  const read = async (answer: JsonValue) => {
    const result = await next.evaluate(answer);
    if (result.type === 'failed') {
      const quoted = quoteExpression(text, result.position);
      throw new SourceError(
        `Source "${name}": pagination.next: the expression ${quoted} fails: ${result.reason}`,
        { code: 'pagination' },
      );
    }
    return result.value;
  };
  const { listPath } = createList(settings);
  return Object.assign(read, {
    needsWhole: !listPath || readsInside(next.ast, listPath),
  });
}
