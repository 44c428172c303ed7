import { stringifyEntityRef } from '@backstage/catalog-model';
import type { Knex } from 'knex';
import { toDate } from '../../database/columns';
import type { EntityOrigin, RecordState } from '../database/records';
import { type RunReport, toRunReport } from '../database/runReports';

/** How an entity came from a record. Times are ISO 8601 in UTC. */
export interface EntityLineage extends EntityOrigin {
  /** Polled: the run that last changed it, if that run is still stored. */
  run?: RunReport;
  appliedAt?: string;
  /** Polled: its record as last observed. */
  recordState?: RecordState;
  observedAt?: string;
  missingSince?: string;
  /** Location: when the last good fetch began. */
  fetchedAt?: string;
}

/** With what callers are not shown. */
export interface StoredLineage extends EntityLineage {
  /** Hash of the record; empty or undefined if it is not known. */
  rawHash?: string;
  /** Canonical JSON of the entity; undefined if it was not stored. */
  entity?: string;
  /** Location: the record is not fetched before this time. */
  retryAt?: Date;
}

interface LineageOptions {
  knex: Knex;
  entityRef: string;
  origin: EntityOrigin;
}

export async function readLineage(
  options: LineageOptions,
): Promise<StoredLineage> {
  const { origin } = options;
  return {
    ...origin,
    ...(origin.via === 'poll'
      ? await readPolled(options)
      : await readLocated(options)),
  };
}

async function readPolled({ knex, entityRef, origin }: LineageOptions) {
  const { source, recordId } = origin;
  const contribution = await knex('custom_data_contributions')
    .where({ source, record_id: recordId, entity_ref: entityRef })
    .first();
  const entity = await knex('custom_data_entities')
    .where({ source, entity_ref: entityRef })
    .first();
  const record = await knex('custom_data_records')
    .where({ source, record_id: recordId })
    .first();
  const run = await knex('custom_data_runs')
    .where({ run_id: contribution?.run_id ?? '' })
    .first();
  return {
    run: run && toRunReport(run),
    appliedAt: entity?.applied_at,
    recordState: record?.state,
    observedAt: record?.observed_at,
    missingSince: record?.missing_since ?? undefined,
    rawHash: record?.raw_hash,
    entity: contribution?.entity,
  };
}

async function readLocated({ knex, entityRef, origin }: LineageOptions) {
  const { source, recordId } = origin;
  const row = await knex('custom_data_read_state')
    .where({ source, record_id: recordId })
    .first('fetched_at', 'entities', 'retry_at');
  // A JSON array of the entities' texts.
  const entities: string[] = JSON.parse(row?.entities ?? '[]');
  return {
    fetchedAt: row?.fetched_at ?? undefined,
    retryAt: row && toDate(row.retry_at as string | null),
    entity: entities.find(
      text => stringifyEntityRef(JSON.parse(text)) === entityRef,
    ),
  };
}
