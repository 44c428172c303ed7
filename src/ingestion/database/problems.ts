import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { safeText } from '../../database/safeText';
import { toText } from '../../database/time';
import { inChunks } from '../../lib/inChunks';
import {
  FINDING_CODES,
  type Problem,
  type ProblemCode,
} from '../../lib/problem';
import type { Run } from './SyncStore';

/** How many problems of a source are kept; those beyond are counted. */
export const KEPT_PROBLEMS = 1000;

/** What a run found in the records that it judged. */
export interface ProblemOutcome {
  found: Problem[];
  /**
   * Whether the run judged what a kept problem is about; then it goes unless it
   * was found again. One without a record is about the list itself.
   */
  judged: (problem: Pick<Problem, 'code' | 'recordId'>) => boolean;
  /** Whether every record was judged, so that those beyond what is kept are all counted. */
  isWhole?: boolean;
}

/**
 * Gives each problem a key that stays while it lasts: where it is and what it
 * is. Its message may change meanwhile; several at one place are numbered.
 */
export function keyProblems(problems: Problem[]): Map<string, Problem> {
  const keyed = new Map<string, Problem>();
  const seen = new Map<string, number>();
  for (const problem of problems) {
    const { code, recordId, entityRef, path } = problem;
    const place = JSON.stringify([code, recordId, entityRef, path]);
    const number = seen.get(place) ?? 0;
    seen.set(place, number + 1);
    const hash = createHash('sha256').update(`${number} ${place}`);
    keyed.set(hash.digest('hex'), problem);
  }
  return keyed;
}

/** Problems of a source that are known and have one of these codes. */
export async function openProblems(
  knex: Knex,
  source: string,
  codes: ProblemCode[],
): Promise<Problem[]> {
  const rows = await knex('custom_data_problems')
    .where({ source })
    .whereIn('code', codes);
  return rows.map(toProblem);
}

/**
 * Brings a source's problems in line with what a run found, in its own
 * transaction: new ones come, those that were not found again go, and what is
 * as it was is not written.
 */
export async function settleProblems(options: {
  tx: Knex.Transaction;
  run: Run;
  outcome: ProblemOutcome;
  /** Whether it is all that there is to find, so that those beyond what is kept can be counted. */
  isAll: boolean;
}): Promise<void> {
  const { tx, run, outcome, isAll } = options;
  const { source } = run;
  const known = await tx('custom_data_problems')
    .select('problem_key', 'code', 'record_id', 'severity', 'message', 'value')
    .where({ source })
    .whereNotIn('code', FINDING_CODES);
  const judged = known.filter(row =>
    outcome.judged({
      code: row.code,
      recordId: row.record_id ?? undefined,
    }),
  );
  const room = Math.max(0, KEPT_PROBLEMS - (known.length - judged.length));
  const found = [...keyProblems(outcome.found)];
  const rows = found.slice(0, room).map(([key, problem]) => ({
    source,
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
  }));
  const before = new Map(judged.map(row => [row.problem_key, row]));
  const after = new Set(rows.map(row => row.problem_key));
  const gone = [...before.keys()].filter(key => !after.has(key));
  for (const chunk of inChunks(gone)) {
    await tx('custom_data_problems')
      .where({ source })
      .whereIn('problem_key', chunk)
      .delete();
  }
  const changed = rows.filter(row => {
    const old = before.get(row.problem_key);
    return (
      old?.message !== row.message ||
      old?.severity !== row.severity ||
      old?.value !== row.value
    );
  });
  for (const chunk of inChunks(changed, 50)) {
    await tx('custom_data_problems')
      .insert(chunk)
      .onConflict(['source', 'problem_key'])
      .merge(['message', 'severity', 'value']);
  }
  if (isAll) {
    await forgetFindings(tx, source);
    await countBeyond(tx, source, {
      beyond: found.length - rows.length,
      isWhole: outcome.isWhole ?? false,
    });
  }
}

/** Forgets what the catalog found in entities that their records no longer give. */
async function forgetFindings(
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
    .whereNotExists(given('custom_data_contributions'))
    .whereNotExists(given('custom_data_read_refs'))
    .delete();
}

/** What was not kept is not found again in records that are as they were. */
async function countBeyond(
  tx: Knex.Transaction,
  source: string,
  { beyond, isWhole }: { beyond: number; isWhole: boolean },
): Promise<void> {
  await tx('custom_data_sources')
    .where({ source })
    .andWhere('problems_beyond', isWhole ? '<>' : '<', beyond)
    .update({ problems_beyond: beyond });
}

export function toProblem(row: any): Problem {
  return {
    code: row.code,
    severity: row.severity,
    recordId: row.record_id ?? undefined,
    entityRef: row.entity_ref ?? undefined,
    path: row.path ?? undefined,
    message: row.message,
    value: row.value ?? undefined,
  };
}
