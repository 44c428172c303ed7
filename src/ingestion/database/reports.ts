/*
 * What operators see of a source: its runs, and the problems of its records.
 */
import type { Knex } from 'knex';
import { keysetPage } from '../../database/keyset';
import type { Page, PageRequest } from '../../lib/page';
import type { Problem } from '../../lib/problem';
import type { RunCounts, RunKind, RunOutcome } from './runs';
import { toProblem } from './problems';

/** Times are ISO 8601 in UTC. */
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

interface PageOptions {
  knex: Knex;
  source: string;
  page: PageRequest;
}

/** The latest first. */
export async function listRuns(options: PageOptions): Promise<Page<RunReport>> {
  const { knex, source, page } = options;
  return keysetPage({
    query: knex('custom_data_runs').where({ source }),
    columns: ['started_at', 'run_id'],
    direction: 'desc',
    page,
    present: toRunReport,
  });
}

/** The last run of any kind, and the last one that read the list successfully. */
export async function readLastRuns(options: {
  knex: Knex;
  source: string;
}): Promise<{ lastRun?: RunReport; lastSuccess?: RunReport }> {
  const { knex, source } = options;
  const latest = knex('custom_data_runs')
    .where({ source })
    .orderBy('started_at', 'desc');
  const lastRun = await latest.clone().first();
  const lastSuccess = await latest
    .clone()
    .whereIn('outcome', ['applied', 'unchanged'])
    .whereNot({ kind: 'record' })
    .first();
  return {
    lastRun: lastRun && toRunReport(lastRun),
    lastSuccess: lastSuccess && toRunReport(lastSuccess),
  };
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

export type ProblemReport = Problem & { firstSeenAt: string };

/** The latest first. */
export async function listProblems(
  options: PageOptions,
): Promise<Page<ProblemReport>> {
  const { knex, source, page } = options;
  return keysetPage({
    query: knex('custom_data_problems').where({ source }),
    columns: ['first_seen_at', 'problem_key'],
    direction: 'desc',
    page,
    present: toProblemReport,
  });
}

/** The problems of a record, and of an entity that it gives. */
export async function readProblemsOf(options: {
  knex: Knex;
  source: string;
  recordId: string;
  entityRef: string;
}): Promise<ProblemReport[]> {
  const { knex, source, recordId, entityRef } = options;
  const rows = await knex('custom_data_problems')
    .where({ source })
    .andWhere(about =>
      about.where({ record_id: recordId }).orWhere({ entity_ref: entityRef }),
    )
    .orderBy(['first_seen_at', 'problem_key']);
  return rows.map(toProblemReport);
}

function toProblemReport(row: any): ProblemReport {
  return { ...toProblem(row), firstSeenAt: row.first_seen_at };
}

/** `beyond`: how many there are beside those that are stored. */
export async function countProblems(options: {
  knex: Knex;
  source: string;
}): Promise<{ errors: number; warnings: number; beyond: number }> {
  const { knex, source } = options;
  const rows = await knex('custom_data_problems')
    .where({ source })
    .select('severity')
    .count({ count: '*' })
    .groupBy('severity');
  const counts = new Map(
    rows.map((row: any) => [row.severity, Number(row.count)]),
  );
  const row = await knex('custom_data_sources')
    .where({ source })
    .first('problems_beyond');
  return {
    errors: counts.get('error') ?? 0,
    warnings: counts.get('warning') ?? 0,
    beyond: row?.problems_beyond ?? 0,
  };
}
