import type { JsonObject } from '@backstage/types';
import { compileExpression } from './compileExpression';
import { describeShape } from './describeShape';
import type { FillFault } from './fillTemplate';
import { located } from './located';
import type { MappingSettings } from './mappingSettings';
import { quoteValue } from './quoteValue';

/** Whether a record is to have entities, or why that cannot be told. */
export type Condition = (record: JsonObject) => Promise<boolean | FillFault>;

/** Compiles `when`, where a source has one. Nothing and `null` count as false. */
export function createCondition({
  name,
  when,
  tables,
}: Pick<MappingSettings, 'name' | 'when' | 'tables'>): Condition | undefined {
  if (when === undefined) {
    return undefined;
  }
  const expression = located(name, 'when', () =>
    compileExpression(when, { tables }),
  );
  const fault = { code: 'expression-failed', path: 'when' } as const;
  return async record => {
    const evaluation = await expression.evaluate(record);
    if (evaluation.type === 'failed') {
      const { position, reason, value } = evaluation;
      return {
        ...fault,
        expression: when,
        position,
        reason: `fails: ${reason}`,
        value,
      };
    }
    const value = evaluation.value ?? false;
    return typeof value === 'boolean'
      ? value
      : {
          ...fault,
          expression: when,
          reason: `gives ${describeShape(value)}, neither true nor false`,
          value: quoteValue(value),
        };
  };
}
