import type { JsonObject } from '@backstage/types';
import { types } from 'node:util';
import { quoteValue } from '../lib/values';
import type { MapOutcome, MappingSettings, RecordMapper } from './RecordMapper';
import { createRecordMapper } from './createRecordMapper';
import { createOwnerMapping } from './owners';
import { toJson } from './toJson';

/** The record that is transformed, and its source. */
export interface TransformContext {
  source: string;
  recordId: string;
}

/** One entity, several, or none. They are validated like the entities of a template. */
export type Transformed = object | object[] | undefined;

/**
 * Maps records in code, for what a template cannot express.
 *
 * @public
 */
export interface RecordTransformer {
  /** The name for the key `transformer` of a source: `[a-z0-9-]`, at most 63 characters. */
  name: string;
  /**
   * At most 63 characters. Change it whenever the code gives other entities for
   * the same record: records that have not changed are mapped again only then.
   */
  version: string;
  /**
   * Maps a record. It has to return the same for the same record. If it throws,
   * the record keeps its last good entities.
   */
  transform(
    record: JsonObject,
    context: TransformContext,
  ): Transformed | Promise<Transformed>;
}

/** A mapper whose entities are made in code. The rest follows the settings. */
export function createTransformerMapper(
  settings: MappingSettings,
  transformer: RecordTransformer,
): RecordMapper {
  const { explain: _, ...mapper } = createRecordMapper({
    ...settings,
    // One empty template: its result says whether `when` lets the record have entities.
    entity: [{}],
  });
  const mapOwner = createOwnerMapping(settings.owners);
  return {
    ...mapper,
    async map(record, recordId) {
      const wanted = await mapper.map(record, recordId);
      if (wanted.type === 'failed' || wanted.entities.length === 0) {
        return wanted;
      }
      const context = { source: settings.name, recordId };
      const outcome = await transform(transformer, record, context);
      return outcome.type === 'failed'
        ? outcome
        : { type: 'mapped', entities: outcome.entities.map(mapOwner) };
    },
  };
}

async function transform(
  transformer: RecordTransformer,
  record: JsonObject,
  { source, recordId }: TransformContext,
): Promise<MapOutcome> {
  try {
    const given = await transformer.transform(record, { source, recordId });
    const entities = given === undefined ? [] : [given].flat();
    return { type: 'mapped', entities: entities.map(toPlainJson) };
  } catch (error) {
    // The text of an error may contain anything of the record.
    const [name, value] = types.isNativeError(error)
      ? [error.name, error.message]
      : ['not with an Error', error];
    return {
      type: 'failed',
      problems: [
        {
          code: 'transformer-failed',
          severity: 'error',
          recordId,
          message: `Record "${recordId}" of source "${source}": the transformer "${transformer.name}" failed (${name})`,
          ...(value !== undefined && { value: quoteValue(value) }),
        },
      ],
    };
  }
}

/** Without what is not JSON, such as `undefined`, and without keys that could change a prototype. */
function toPlainJson(entity: object): JsonObject {
  return toJson(JSON.parse(JSON.stringify(entity))) as JsonObject;
}
