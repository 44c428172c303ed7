import type { Knex } from 'knex';
import { toDate } from '../../database/columns';
import { countRows, keysetPage } from '../../database/keyset';
import type { Page, PageRequest } from '../../lib/page';
import {
  BESIDE_THE_LIST,
  type RunCounts,
  type RunKind,
  type RunOutcome,
} from './runs';

interface OfSource {
  knex: Knex;
  source: string;
}

/** A run as operators see it. Times are ISO 8601 in UTC. */
export interface RunReport {
  id: string;
  kind: RunKind;
  startedAt: string;
  endedAt?: string;
  outcome: RunOutcome;
  counts?: RunCounts;
  held?: string;
  error?: string;
}

/** The latest first. */
export async function listRuns({
  knex,
  source,
  page,
}: OfSource & { page: PageRequest }): Promise<Page<RunReport>> {
  const query = knex('custom_data_runs').where({ source });
  const { items, next } = await keysetPage({
    query,
    columns: ['started_at', 'run_id'],
    direction: 'desc',
    page,
  });
  const totalItems = await countRows(query);
  return { items: items.map(toRunReport), totalItems, next };
}

export async function readRun({
  knex,
  source,
  runId,
}: OfSource & { runId: string }): Promise<RunReport | undefined> {
  const row = await knex('custom_data_runs')
    .where({ source, run_id: runId })
    .first();
  return row && toRunReport(row);
}

/** The last run of any kind, and the last one that read the list successfully. */
export async function readLastRuns({ knex, source }: OfSource): Promise<{
  lastRun?: RunReport;
  lastSuccess?: RunReport;
}> {
  const latest = knex('custom_data_runs')
    .where({ source })
    .orderBy('started_at', 'desc');
  const lastRun = await latest.clone().first();
  const lastSuccess = await latest
    .clone()
    .whereIn('outcome', ['applied', 'unchanged'])
    .whereNotIn('kind', BESIDE_THE_LIST)
    .first();
  return {
    lastRun: lastRun && toRunReport(lastRun),
    lastSuccess: lastSuccess && toRunReport(lastSuccess),
  };
}

/** Why the last run over the list that failed did so. */
export async function readLastError({
  knex,
  source,
}: OfSource): Promise<string | undefined> {
  const run = await knex('custom_data_runs')
    .where({ source, outcome: 'failed' })
    .whereNotIn('kind', BESIDE_THE_LIST)
    .orderBy('started_at', 'desc')
    .first('error');
  return run?.error ?? undefined;
}

/** When each source that fails began to, by its runs over the list that are kept. */
export async function readFailingSince(knex: Knex): Promise<Map<string, Date>> {
  const runs = knex('custom_data_runs')
    .where('source', knex.ref('s.source'))
    .whereNotIn('kind', BESIDE_THE_LIST);
  const succeededAt = runs
    .clone()
    .whereIn('outcome', ['applied', 'unchanged'])
    .max('started_at');
  const failedAt = runs
    .clone()
    .where({ outcome: 'failed' })
    .where('started_at', '>', knex.raw(`coalesce(?, '')`, [succeededAt]))
    .min('ended_at')
    .as('failed_at');
  const rows = await knex('custom_data_sources as s')
    .where('failures', '>', 0)
    .select('source', failedAt);
  return new Map(
    rows
      .filter(row => row.failed_at !== null)
      .map(row => [row.source, toDate(row.failed_at as string)] as const),
  );
}

export function toRunReport(row: any): RunReport {
  return {
    id: row.run_id,
    kind: row.kind,
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
    outcome: row.outcome,
    counts: row.counts ? JSON.parse(row.counts) : undefined,
    held: row.held ?? undefined,
    error: row.error ?? undefined,
  };
}
