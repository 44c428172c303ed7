import type { JsonValue } from '@backstage/types';
import { SourceError } from '../model/errors';
import type { SourceSettings } from '../model/settings';
import { ANSWER_LIMITS, compileExpression } from './compileExpression';
import { located } from './located';

/**
 * Finds the next page's cursor in an answer; undefined for a source that has
 * none. Throws an `InputError` for an expression that cannot be used.
 */
export function createCursorReader({
  name,
  pagination,
}: Pick<SourceSettings, 'name' | 'pagination'>):
  | ((answer: JsonValue) => Promise<JsonValue | undefined>)
  | undefined {
  if (pagination.type !== 'cursor') {
    return undefined;
  }
  const next = located(name, 'pagination.next', () =>
    compileExpression(pagination.next, ANSWER_LIMITS),
  );
  return async answer => {
    const result = await next.evaluate(answer);
    if (result.type === 'failed') {
      throw new SourceError(
        `Source "${name}": the expression of 'pagination.next' failed: ${result.reason}`,
        { code: 'pagination' },
      );
    }
    return result.value;
  };
}
