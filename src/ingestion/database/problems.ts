import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { redactValues, safeText, toText } from '../../database/columns';
import { countRows, keysetPage } from '../../database/keyset';
import { inChunks } from '../../lib/inChunks';
import type { Page, PageRequest } from '../../lib/page';
import {
  FINDING_CODES,
  type Problem,
  type ProblemCode,
} from '../../lib/problem';
import type { Run } from './runs';

/** How many problems of a source are kept. The counts of a run tell how many records are invalid. */
export const KEPT_PROBLEMS = 1000;

/** What a run found in the records that it evaluated. */
export interface ProblemOutcome {
  found: Problem[];
  /**
   * Whether the run evaluated what a kept problem is about; then it goes unless
   * it was found again. One without a record is about the list itself.
   */
  isEvaluated: (problem: Pick<Problem, 'code' | 'recordId'>) => boolean;
}

/** Which problems of a source a run found first, and which it no longer found. */
export interface ProblemChanges {
  began: Problem[];
  ended: Problem[];
}

/** Problems of a source that are known; with a code, those that have it. */
export async function readProblems(options: {
  knex: Knex;
  source: string;
  code?: ProblemCode;
}): Promise<ProblemReport[]> {
  const { knex, source, code } = options;
  const rows = await knex('custom_data_problems').where(
    code === undefined ? { source } : { source, code },
  );
  return rows.map(toProblem);
}

/**
 * Brings a source's problems in line with what a run found, in its own
 * transaction: new ones come, those that were not found again go, and what has
 * not changed is not written. What the catalog itself found is left alone.
 */
export async function updateProblems(options: {
  tx: Knex.Transaction;
  run: Run;
  outcome: ProblemOutcome;
  /** Whether the run was over the whole list. */
  isList: boolean;
}): Promise<ProblemChanges> {
  const { tx, run, outcome, isList } = options;
  const { source } = run;
  const known = await tx('custom_data_problems')
    .select(
      'source',
      'problem_key',
      'code',
      'record_id',
      'severity',
      'message',
      'value',
    )
    .where({ source })
    .whereNotIn('code', FINDING_CODES);
  const evaluated = known.filter(row =>
    outcome.isEvaluated({
      code: row.code,
      recordId: row.record_id ?? undefined,
    }),
  );
  const room = Math.max(0, KEPT_PROBLEMS - (known.length - evaluated.length));
  const rows = [...keyProblems(outcome.found)]
    .slice(0, room)
    .map(([key, problem]) => toRow(run, key, problem));
  await writeDifference(tx, { before: evaluated, after: rows });
  if (isList) {
    await deleteOutdatedFindings(tx, source);
  }
  return {
    began: rowsBeyond(rows, evaluated).map(toProblem),
    ended: rowsBeyond(evaluated, rows).map(toProblem),
  };
}

/** The rows that another list has not, by key. */
export function rowsBeyond<T extends { problem_key: string }>(
  rows: T[],
  others: { problem_key: string }[],
): T[] {
  const keys = new Set(others.map(row => row.problem_key));
  return rows.filter(row => !keys.has(row.problem_key));
}

/**
 * Gives each problem a key that stays while it lasts: where it is and what it
 * is. Its message may change meanwhile; several with the same position are numbered.
 */
export function keyProblems(problems: Problem[]): Map<string, Problem> {
  const keyed = new Map<string, Problem>();
  const seen = new Map<string, number>();
  for (const problem of problems) {
    const { code, recordId, entityRef, path } = problem;
    const position = JSON.stringify([code, recordId, entityRef, path]);
    const number = seen.get(position) ?? 0;
    seen.set(position, number + 1);
    const hash = createHash('sha256').update(`${number} ${position}`);
    keyed.set(hash.digest('hex'), problem);
  }
  return keyed;
}

/** Columns that may change while a problem lasts. */
const UPDATED = ['message', 'severity', 'value', 'claim'] as const;

export type ProblemRow = ReturnType<typeof toRow> & { claim?: string | null };

function toRow(run: Run, key: string, problem: Problem) {
  return {
    source: run.source,
    problem_key: key,
    code: problem.code,
    severity: problem.severity,
    record_id: problem.recordId ?? null,
    entity_ref: problem.entityRef ?? null,
    path: problem.path === undefined ? null : safeText(problem.path),
    message: safeText(problem.message),
    value: problem.value === undefined ? null : safeText(problem.value),
    first_seen_at: toText(run.startedAt),
    first_seen_run: run.id,
  };
}

/** Deletes, adds and updates rows of problems, and leaves unchanged ones alone. */
export async function writeDifference(
  tx: Knex.Transaction,
  rows: { before: ProblemRow[]; after: ProblemRow[] },
): Promise<void> {
  const before = new Map(rows.before.map(row => [row.problem_key, row]));
  const gone = rowsBeyond(rows.before, rows.after);
  for (const chunk of inChunks(gone)) {
    const sources = new Set(chunk.map(row => row.source));
    const keys = chunk.map(row => row.problem_key);
    await tx('custom_data_problems')
      .whereIn('source', [...sources])
      .whereIn('problem_key', keys)
      .delete();
  }
  const changed = rows.after
    .filter(row => {
      const old = before.get(row.problem_key);
      return !old || UPDATED.some(column => old[column] !== row[column]);
    })
    // Locks that are taken in one order cannot deadlock.
    .sort((a, b) => (a.problem_key < b.problem_key ? -1 : 1));
  for (const chunk of inChunks(changed, 50)) {
    await redactValues(async () =>
      tx('custom_data_problems')
        .insert(chunk)
        .onConflict(['source', 'problem_key'])
        .merge([...UPDATED]),
    );
  }
}

/** Deletes what the catalog found in entities that their records no longer give. */
async function deleteOutdatedFindings(
  tx: Knex.Transaction,
  source: string,
): Promise<void> {
  const given = (table: string) =>
    tx(table)
      .select(tx.raw('1'))
      .where({ source })
      .whereRaw('?? = custom_data_problems.entity_ref', [
        `${table}.entity_ref`,
      ]);
  await tx('custom_data_problems')
    .where({ source })
    .whereIn('code', FINDING_CODES)
    // That is about a location, and no record gives it.
    .whereNot({ code: 'location-failed' })
    .whereNotExists(given('custom_data_contributions'))
    .whereNotExists(given('custom_data_read_refs'))
    .delete();
}

export type ProblemReport = Problem & { firstSeenAt: string };

/** The latest first. */
export async function listProblems(options: {
  knex: Knex;
  source: string;
  page: PageRequest;
}): Promise<Page<ProblemReport>> {
  const { knex, source, page } = options;
  const query = knex('custom_data_problems').where({ source });
  const { items, next } = await keysetPage({
    query,
    columns: ['first_seen_at', 'problem_key'],
    direction: 'desc',
    page,
  });
  const totalItems = await countRows(query);
  return { items: items.map(toProblem), totalItems, next };
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
  return rows.map(toProblem);
}

/** How many problems of a source are stored; `ofCatalog` counts the errors that the catalog found. */
export async function countProblems(options: {
  knex: Knex;
  source: string;
}): Promise<{ errors: number; warnings: number; ofCatalog: number }> {
  const { knex, source } = options;
  const rows = await knex('custom_data_problems')
    .where({ source })
    .select('severity', 'code')
    .count({ count: '*' })
    .groupBy('severity', 'code');
  const count = (isCounted: (row: any) => boolean) =>
    rows
      .filter(isCounted)
      .reduce((sum, row: any) => sum + Number(row.count), 0);
  const isError = (row: any) => row.severity === 'error';
  return {
    errors: count(isError),
    warnings: count(row => !isError(row)),
    ofCatalog: count(row => isError(row) && FINDING_CODES.includes(row.code)),
  };
}

export function toProblem(row: any): ProblemReport {
  return {
    code: row.code,
    severity: row.severity,
    recordId: row.record_id ?? undefined,
    entityRef: row.entity_ref ?? undefined,
    path: row.path ?? undefined,
    message: row.message,
    value: row.value ?? undefined,
    firstSeenAt: row.first_seen_at,
  };
}
