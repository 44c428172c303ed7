import { sumUp } from '../config/messages';
import type { SenderSettings } from '../config/sender';
import type { CustomDataSettings } from '../config/settings';
import { compileExpression } from '../mapping/compileExpression';
import { ExpressionError, quoteExpression } from '../mapping/ExpressionError';

/** Moves senders whose mapping cannot be used to those that are misconfigured. */
export function checkSenders(settings: CustomDataSettings): CustomDataSettings {
  const senders: SenderSettings[] = [];
  const misconfiguredSenders = [...settings.misconfiguredSenders];
  for (const sender of settings.senders) {
    const { name, entity, aliases } = sender;
    const faults = findMappingFaults(sender);
    if (faults.length === 0) {
      senders.push(sender);
    } else {
      const key = `catalog.customData.webhooks.${name}`;
      const summary = sumUp(name, key, faults);
      misconfiguredSenders.push({ ...summary, entity, aliases });
    }
  }
  return { ...settings, senders, misconfiguredSenders };
}

function findMappingFaults({ mapping = {} }: SenderSettings) {
  return Object.entries(mapping).flatMap(([field, text]) => {
    try {
      compileExpression(text);
      return [];
    } catch (error) {
      if (!(error instanceof ExpressionError)) {
        throw error;
      }
      const quoted = quoteExpression(error.expression, error.position);
      const reason = `the expression ${quoted} cannot be used: ${error.message}`;
      return [{ setting: `mapping.${field}`, reason }];
    }
  });
}
