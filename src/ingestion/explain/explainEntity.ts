import type { Knex } from 'knex';
import type { SourceSettings } from '../../config/source';
import { readLocationKeys } from '../../database/catalogTables';
import { abortable } from '../../lib/abort';
import { inSeconds } from '../../lib/values';
import type { FieldExplanation } from '../../mapping/RecordMapper';
import type { RecordSource } from '../../sources/RecordSource';
import { type ProblemReport, readProblemsOf } from '../database/problems';
import { type EntityOrigin, readOrigins } from '../database/records';
import type { RecordParts } from '../mapRecord';
import { type PinReport, readPin } from '../pins/pins';
import { readCurrentRecord, type RecordComparison } from './currentRecord';
import { explainFields } from './explainFields';
import {
  type EntityLineage,
  readLineage,
  type StoredLineage,
} from './readLineage';

/** What reads and maps the records of a source. */
export interface ExplainableSource extends RecordParts {
  settings: SourceSettings;
  source: RecordSource;
}

export interface ExplainContext {
  knex: Knex;
  /** The sources that are configured and in order, by name. */
  sources: Map<string, ExplainableSource>;
  now: () => Date;
  shutdown: AbortSignal;
}

/** Where an entity comes from, and how each of its fields came about. */
export interface EntityExplanation extends EntityLineage {
  entityRef: string;
  /** The record now, compared with the one that gave the entity. */
  record: RecordComparison;
  /** Undefined if the source is not configured. */
  mapping?: { type: 'template' } | { type: 'transformer'; name: string };
  /** Empty for a mapping in code; without values if the record is unavailable. */
  fields: FieldExplanation[];
  problems: ProblemReport[];
  /** That it stays as it is, and how what its source gives differs. */
  pin?: PinReport;
}

type RecordExplanation = Pick<
  EntityExplanation,
  'record' | 'mapping' | 'fields'
>;

const TIME_LIMIT_MS = 60_000;

/**
 * Explains an entity; returns undefined for a ref that no source gives. Fetches
 * the record, unless the source is paused or backs off.
 */
export async function explainEntity(
  context: ExplainContext,
  entityRef: string,
): Promise<EntityExplanation | undefined> {
  const { knex } = context;
  const origin = await findOrigin(context, entityRef);
  if (!origin) {
    return undefined;
  }
  const lineage = await readLineage({ knex, entityRef, origin });
  const { rawHash, entity, retryAt, ...shown } = lineage;
  const { source, recordId } = lineage;
  return {
    entityRef,
    ...shown,
    ...(await explainInTime(context, entityRef, lineage)),
    problems: await readProblemsOf({ knex, source, recordId, entityRef }),
    pin: await readPin({ knex, entityRef, now: context.now() }),
  };
}

/** If several records give the ref, the one that the catalog has the entity from. */
async function findOrigin(
  { knex }: ExplainContext,
  entityRef: string,
): Promise<EntityOrigin | undefined> {
  const entityRefs = [entityRef];
  const origins = (await readOrigins({ knex, entityRefs })).get(entityRef);
  const keys = await readLocationKeys({ knex, entityRefs });
  const holder = keys.get(entityRef);
  return (
    origins?.find(({ locationKey }) => locationKey === holder) ?? origins?.[0]
  );
}

/** A mapping in code may never end. */
async function explainInTime(
  context: ExplainContext,
  entityRef: string,
  lineage: StoredLineage,
): Promise<RecordExplanation> {
  const signal = AbortSignal.any([
    context.shutdown,
    AbortSignal.timeout(TIME_LIMIT_MS),
  ]);
  try {
    return await abortable(explainRecord(context, entityRef, lineage), signal);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
    const time = inSeconds(TIME_LIMIT_MS);
    const reason = `The record was not fetched and mapped within ${time}`;
    return { record: { state: 'unavailable', reason }, fields: [] };
  }
}

async function explainRecord(
  context: ExplainContext,
  entityRef: string,
  lineage: StoredLineage,
): Promise<RecordExplanation> {
  const { source, recordId } = lineage;
  const part = context.sources.get(source);
  if (!part) {
    const reason = `Source "${source}" is not configured, or is misconfigured`;
    return { record: { state: 'unavailable', reason }, fields: [] };
  }
  const { record, comparison } = await readCurrentRecord(context, {
    part,
    entityRef,
    lineage,
  });
  const { transformer } = part.settings;
  return {
    record: comparison,
    mapping: transformer
      ? { type: 'transformer', name: transformer }
      : { type: 'template' },
    fields: await explainFields({ part, record, recordId, entityRef }),
  };
}
