/*
 * What is measured of all sources at once: so many queries, however many
 * sources there are.
 */
import type { Knex } from 'knex';
import { toDate, toText } from '../../database/columns';
import { type RunReport, toRunReport } from './runReports';
import { BESIDE_THE_LIST } from './runs';

/** How many rows there are of a source, with what they have in common. */
export interface Counted {
  source: string;
  state?: string;
  code?: string;
  severity?: string;
  change?: string;
  count: number;
}

export interface StoredFigures {
  states: Map<
    string,
    {
      failures: number;
      retryAt?: Date;
      paused: boolean;
      /** When the first of its runs that are kept began. */
      firstRunAt?: Date;
    }
  >;
  /** The last runs over the list that succeeded. */
  successes: Map<string, RunReport>;
  /** By state. */
  records: Counted[];
  entities: Counted[];
  /** By code and severity. */
  problems: Counted[];
  /** Entities whose removal or change a pending plan holds, by which of the two. */
  held: Counted[];
  /** Of how many entities the largest rejected plan of each source is. */
  rejected: Map<string, number>;
}

export async function readFigures({
  knex,
  now,
}: {
  knex: Knex;
  now: Date;
}): Promise<StoredFigures> {
  const firstRun = knex('custom_data_runs')
    .where('source', knex.ref('s.source'))
    .min('started_at')
    .as('first_run_at');
  const sources = await knex('custom_data_sources as s').select(
    'source',
    'failures',
    'retry_at',
    'paused_at',
    firstRun,
  );
  return {
    states: new Map(
      sources.map(row => [
        row.source,
        {
          failures: row.failures,
          retryAt: toDate(row.retry_at as string | null),
          paused: row.paused_at !== null,
          firstRunAt: toDate(row.first_run_at),
        },
      ]),
    ),
    successes: await readSuccesses(knex),
    records: await countBy(knex('custom_data_records'), ['source', 'state']),
    entities: await countBy(knex('custom_data_entities'), ['source']),
    problems: await countBy(knex('custom_data_problems'), [
      'source',
      'code',
      'severity',
    ]),
    held: await readHeld(knex, now),
    rejected: await readRejected(knex),
  };
}

/** By an index, since there are thousands of runs of each source. */
async function readSuccesses(knex: Knex): Promise<Map<string, RunReport>> {
  const last = knex('custom_data_runs')
    .where('source', knex.ref('s.source'))
    .whereIn('outcome', ['applied', 'unchanged'])
    .whereNotIn('kind', BESIDE_THE_LIST)
    .orderBy('started_at', 'desc')
    .limit(1)
    .select('run_id');
  const rows = await knex('custom_data_sources as s')
    .join('custom_data_runs as r', 'r.run_id', knex.raw('?', [last]))
    .select('r.*');
  return new Map(rows.map(row => [row.source, toRunReport(row)]));
}

async function readHeld(knex: Knex, now: Date): Promise<Counted[]> {
  const rows = await knex('custom_data_plans as p')
    .join('custom_data_plan_refs as r', join =>
      join.on('r.source', 'p.source').andOn('r.hash', 'p.hash'),
    )
    .where({ 'p.kind': 'held', 'p.state': 'pending' })
    .andWhere('p.expires_at', '>', toText(now))
    .select('p.source')
    .count({ refs: '*', changes: 'r.changes' })
    .groupBy('p.source');
  return rows.flatMap(({ source, refs, changes }: any) => [
    {
      source,
      change: 'removed',
      count: Number(refs) - Number(changes),
    },
    { source, change: 'changed', count: Number(changes) },
  ]);
}

async function readRejected(knex: Knex): Promise<Map<string, number>> {
  const rows: any[] = await knex('custom_data_plans')
    .where({ kind: 'held', state: 'rejected' })
    .select('source')
    .max({ count: 'entity_count' })
    .groupBy('source');
  return new Map(rows.map(({ source, count }) => [source, Number(count)]));
}

async function countBy(
  table: Knex.QueryBuilder,
  columns: string[],
): Promise<Counted[]> {
  const rows = await table
    .select(columns)
    .count({ count: '*' })
    .groupBy(columns);
  return rows.map((row: any) => ({ ...row, count: Number(row.count) }));
}
