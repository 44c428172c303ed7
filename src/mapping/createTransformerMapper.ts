import type { JsonObject } from '@backstage/types';
import { types } from 'node:util';
import type { MapOutcome, RecordMapper } from './RecordMapper';
import { createRecordMapper } from './createRecordMapper';
import type { MappingSettings } from './mappingSettings';
import { quoteValue } from './quoteValue';

/** Of which record of which source an entity is made. */
export interface TransformContext {
  source: string;
  recordId: string;
}

/** One entity, several, or none. What comes out is validated like what a template gives. */
export type Transformed = object | object[] | undefined;

/**
 * Maps records in code, for what a template cannot say.
 *
 * @public
 */
export interface RecordTransformer {
  /** What a source's key `transformer` calls it: `[a-z0-9-]`, at most 63 characters. */
  name: string;
  /**
   * To be changed with each change of the code that gives other entities for
   * the same record, at most 63 characters: records that are as they were are
   * mapped again only when it changes.
   */
  version: string;
  /**
   * Maps a record. Has to give the same for the same record. What it throws
   * costs that record, which keeps its last good entities.
   */
  transform(
    record: JsonObject,
    context: TransformContext,
  ): Transformed | Promise<Transformed>;
}

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
