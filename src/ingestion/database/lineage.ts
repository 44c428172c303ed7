/*
 * Which records give an entity, and what is stored of them.
 */
import { stringifyEntityRef } from '@backstage/catalog-model';
import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { toDate } from '../../database/columns';
import { inChunks } from '../../lib/inChunks';
import { LOCATION_TYPE, providerName } from '../../lib/keys';
import type { RecordState } from './records';
import { type RunReport, toRunReport } from './reports';

/** A record that gives an entity. */
export interface EntityOrigin {
  source: string;
  recordId: string;
  /** Polled with its list, or read for a location. */
  via: 'poll' | 'location';
  /** The key under which the catalog should have the entity: the source's, the location's, or that of the owner it was taken over from. */
  locationKey: string;
}

/** The records that give these refs; no entry for a ref that none of ours gives. */
export async function readOrigins(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, EntityOrigin[]>> {
  const { knex, entityRefs } = options;
  const origins = new Map<string, EntityOrigin[]>();
  const add = (row: any, how: Pick<EntityOrigin, 'via' | 'locationKey'>) =>
    origins.set(row.entity_ref, [
      ...(origins.get(row.entity_ref) ?? []),
      { source: row.source, recordId: row.record_id, ...how },
    ]);
  for (const refs of inChunks(entityRefs)) {
    const polled = await knex('custom_data_contributions as c')
      .join('custom_data_entities as e', join =>
        join.on('e.entity_ref', 'c.entity_ref').andOn('e.source', 'c.source'),
      )
      .select('c.entity_ref', 'c.source', 'c.record_id', 'e.location_key')
      .where(isAmong(knex, 'c.entity_ref', refs));
    for (const row of polled) {
      const locationKey = row.location_key ?? providerName(row.source);
      add(row, { via: 'poll', locationKey });
    }
    const located = await knex('custom_data_read_refs')
      .select('entity_ref', 'source', 'record_id')
      .where(isAmong(knex, 'entity_ref', refs));
    for (const row of located) {
      const locationKey = `${LOCATION_TYPE}:${row.source}/${row.record_id}`;
      add(row, { via: 'location', locationKey });
    }
  }
  return origins;
}

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
