import { stringifyEntityRef } from '@backstage/catalog-model';
import type { Knex } from 'knex';
import { toDate } from '../../database/time';
import { LOCATION_TYPE, providerName } from '../../lib/keys';
import type { RecordState } from './SyncStore';
import { type RunReport, toRunReport } from './reports';

/** How an entity came from a record. Times are ISO 8601 in UTC. */
export interface EntityLineage {
  source: string;
  recordId: string;
  /** Polled with its list, or read for a location. */
  via: 'poll' | 'location';
  /** The key under which the catalog should have it: the source's, the location's, or that of the owner it was taken over from. */
  locationKey: string;
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

/** With what is not for the caller to see. */
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
}

/** Every record that gives a ref; empty if none of our sources does. */
export async function readLineages(
  options: LineageOptions,
): Promise<StoredLineage[]> {
  return [...(await readPolled(options)), ...(await readLocated(options))];
}

async function readPolled({
  knex,
  entityRef,
}: LineageOptions): Promise<StoredLineage[]> {
  const rows = await knex('custom_data_contributions as c')
    .join('custom_data_entities as e', join =>
      join.on('e.entity_ref', 'c.entity_ref').andOn('e.source', 'c.source'),
    )
    .leftJoin('custom_data_records as d', join =>
      join.on('d.source', 'c.source').andOn('d.record_id', 'c.record_id'),
    )
    .where('c.entity_ref', entityRef)
    .select(
      'c.source',
      'c.record_id',
      'c.entity',
      'c.run_id',
      'e.applied_at',
      'e.location_key',
      'd.state',
      'd.observed_at',
      'd.missing_since',
      'd.raw_hash',
    );
  return Promise.all(
    rows.map(async row => {
      const run = await knex('custom_data_runs')
        .where({ run_id: row.run_id })
        .first();
      return {
        source: row.source,
        recordId: row.record_id,
        via: 'poll' as const,
        locationKey: row.location_key ?? providerName(row.source),
        run: run && toRunReport(run),
        appliedAt: row.applied_at,
        recordState: row.state ?? undefined,
        observedAt: row.observed_at ?? undefined,
        missingSince: row.missing_since ?? undefined,
        rawHash: row.raw_hash ?? undefined,
        entity: row.entity,
      };
    }),
  );
}

async function readLocated({
  knex,
  entityRef,
}: LineageOptions): Promise<StoredLineage[]> {
  const rows = await knex('custom_data_read_refs as r')
    .join('custom_data_read_state as s', join =>
      join.on('s.source', 'r.source').andOn('s.record_id', 'r.record_id'),
    )
    .where('r.entity_ref', entityRef)
    .select(
      'r.source',
      'r.record_id',
      's.fetched_at',
      's.entities',
      's.retry_at',
    );
  return rows.map(row => ({
    source: row.source,
    recordId: row.record_id,
    via: 'location',
    locationKey: `${LOCATION_TYPE}:${row.source}/${row.record_id}`,
    fetchedAt: row.fetched_at ?? undefined,
    entity: findEntity(row.entities, entityRef),
    retryAt: toDate(row.retry_at as string | null),
  }));
}

/** The stored entities are a JSON array of texts. */
function findEntity(
  entities: string | null,
  entityRef: string,
): string | undefined {
  const texts: string[] = entities === null ? [] : JSON.parse(entities);
  return texts.find(text => stringifyEntityRef(JSON.parse(text)) === entityRef);
}
