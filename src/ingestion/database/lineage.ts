import { stringifyEntityRef } from '@backstage/catalog-model';
import type { Knex } from 'knex';
import { LOCATION_TYPE, providerName } from '../../lib/keys';
import type { RecordState } from './SyncStore';
import {
  type ProblemReport,
  type RunReport,
  toProblemReport,
  toRunReport,
} from './reports';

/** How an entity came from a record, as the tables tell it. Times are ISO 8601 in UTC. */
export interface EntityLineage {
  source: string;
  recordId: string;
  /** Polled as one of a list, or read for a location. */
  via: 'poll' | 'location';
  /** Under which the catalog is to have it: of the source, of the location, or of whom it was taken over from. */
  locationKey: string;
  /** Of a polled one: the run that last changed it, while that is kept, and when. */
  run?: RunReport;
  appliedAt?: string;
  /** Of a polled one: its record as last observed. */
  recordState?: RecordState;
  observedAt?: string;
  missingSince?: string;
  /** Of one read for a location: when the last good fetch began. */
  fetchedAt?: string;
}

/** What tells whether a record is as it was when it gave the entity. */
export interface LineageHashes {
  /** Of the record; empty or undefined where it is not known. */
  rawHash?: string;
  /** Canonical JSON of the entity; undefined where it was not kept. */
  entity?: string;
}

export interface LineageStore {
  /** Every record behind a ref; empty for a ref that is nobody's of ours. */
  lineagesOf(entityRef: string): Promise<Array<EntityLineage & LineageHashes>>;
  /** The open problems of a record, and of an entity that it gives. */
  problemsOf(options: {
    source: string;
    recordId: string;
    entityRef: string;
  }): Promise<ProblemReport[]>;
}

type Lineages = Awaited<ReturnType<LineageStore['lineagesOf']>>;

/** How entities came from records. */
export function createLineageStore(options: { knex: Knex }): LineageStore {
  const { knex } = options;
  return {
    lineagesOf: async entityRef => [
      ...(await polled(knex, entityRef)),
      ...(await located(knex, entityRef)),
    ],
    problemsOf: async ({ source, recordId, entityRef }) => {
      const rows = await knex('custom_data_problems')
        .where({ source })
        .andWhere(about =>
          about
            .where({ record_id: recordId })
            .orWhere({ entity_ref: entityRef }),
        )
        .orderBy(['first_seen_at', 'problem_key']);
      return rows.map(toProblemReport);
    },
  };
}

async function polled(knex: Knex, entityRef: string): Promise<Lineages> {
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

async function located(knex: Knex, entityRef: string): Promise<Lineages> {
  const rows = await knex('custom_data_read_refs as r')
    .join('custom_data_read_state as s', join =>
      join.on('s.source', 'r.source').andOn('s.record_id', 'r.record_id'),
    )
    .where('r.entity_ref', entityRef)
    .select('r.source', 'r.record_id', 's.fetched_at', 's.entities');
  return rows.map(row => ({
    source: row.source,
    recordId: row.record_id,
    via: 'location',
    locationKey: `${LOCATION_TYPE}:${row.source}/${row.record_id}`,
    fetchedAt: row.fetched_at ?? undefined,
    entity: entityOf(row.entities, entityRef),
  }));
}

/** One of the entities of a read, which are kept as texts. */
function entityOf(
  entities: string | null,
  entityRef: string,
): string | undefined {
  const texts: string[] = entities === null ? [] : JSON.parse(entities);
  return texts.find(text => stringifyEntityRef(JSON.parse(text)) === entityRef);
}
