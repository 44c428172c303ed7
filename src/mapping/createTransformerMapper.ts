import { types } from 'node:util';
import type { JsonObject } from '@backstage/types';
import type { RecordTransformer } from '../model/extension';
import type { MapOutcome, RecordMapper } from '../model/mapping';
import { createRecordMapper } from './createRecordMapper';
import type { MappingSettings } from './mappingSettings';
import { quoteValue } from './quoteValue';

/** A mapper that has entities made in code; the rest is as the settings say. */
export function createTransformerMapper(
  settings: MappingSettings,
  transformer: RecordTransformer,
): RecordMapper {
  const { explain: _, ...mapper } = createRecordMapper({
    ...settings,
    // Tells by what it gives whether the record is to have entities at all.
    entity: [{}],
  });
  return {
    ...mapper,
    async map(record, recordId) {
      const outcome = await mapper.map(record, recordId);
      return outcome.type === 'failed' || outcome.entities.length === 0
        ? outcome
        : transform({ source: settings.name, transformer, record, recordId });
    },
  };
}

async function transform(options: {
  source: string;
  transformer: RecordTransformer;
  record: JsonObject;
  recordId: string;
}): Promise<MapOutcome> {
  const { source, transformer, record, recordId } = options;
  try {
    const given = await transformer.transform(record, { source, recordId });
    const entities = given === undefined ? [] : [given].flat();
    return {
      type: 'mapped',
      // What is no JSON, such as `undefined`, must not come to stand in an entity.
      entities: entities.map(entity => JSON.parse(JSON.stringify(entity))),
    };
  } catch (error) {
    const { name, value } = describeThrown(error);
    return {
      type: 'failed',
      problems: [
        {
          code: 'transformer-failed',
          severity: 'error',
          recordId,
          message: `Record "${recordId}" of source "${source}": the transformer "${transformer.name}" failed (${name})`,
          ...(value !== undefined && { value }),
        },
      ],
    };
  }
}

/** Its text may hold anything of the record, so it is kept out of the message. */
function describeThrown(thrown: unknown): { name: string; value?: string } {
  return types.isNativeError(thrown)
    ? { name: thrown.name, value: quoteValue(thrown.message) }
    : { name: 'not with an Error', value: quoteValue(thrown) };
}
