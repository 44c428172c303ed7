import type { Knex } from 'knex';
import { keysetPage } from '../../database/keyset';
import { toText } from '../../database/time';
import type { Page, PageRequest } from '../../lib/page';
import type { Problem } from '../../lib/problem';
import type { RunCounts, RunKind, RunOutcome, SourceState } from './SyncStore';
import { refsOfRecords } from './entities';
import {
  currentPlan,
  decidePlan,
  findPlan,
  type HeldPlan,
  type PlanDecision,
  type PlanRef,
  type PlanState,
  saveDecision,
} from './plans';
import { toProblem } from './problems';
import { forgetList, forgetSource, readState } from './sourceState';

/** A run, as its row tells it. Times are ISO 8601 in UTC. */
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

export interface PlanReport {
  hash: string;
  state: PlanState;
  reason: string;
  /** How many entities it would remove; which ones is forgotten once it is void. */
  count: number;
  createdAt?: string;
  lastSeenAt?: string;
  expiresAt?: string;
  decidedBy?: string;
  decidedAt?: string;
}

export type ProblemReport = Problem & { firstSeenAt: string };

/** What the tables know of a source. */
export interface SourceReport {
  state: SourceState;
  entities: number;
  lastRun?: RunReport;
  /** Of the list. */
  lastSuccess?: RunReport;
  pendingPlan?: { hash: string; count: number };
  problems: { errors: number; warnings: number; beyond: number };
}

/** What people see and decide of sources, in the tables. */
export interface ManageStore {
  report(source: string): Promise<SourceReport>;
  listRuns(source: string, page: PageRequest): Promise<Page<RunReport>>;
  listProblems(source: string, page: PageRequest): Promise<Page<ProblemReport>>;
  /** The refs that records give; no entry for one that gives none. */
  refsOfRecords(
    source: string,
    recordIds: string[],
  ): Promise<Map<string, string[]>>;
  /** The plan that waits for a decision, else the one that was decided on or seen last. */
  currentPlan(source: string): Promise<PlanReport | undefined>;
  findPlan(source: string, hash: string): Promise<PlanReport | undefined>;
  listPlanRefs(
    source: string,
    hash: string,
    page: PageRequest,
  ): Promise<Page<PlanRef>>;
  /**
   * Decides on a plan that is pending or was decided otherwise; false where
   * there is none, where it expired, or where it was decided so already.
   */
  decidePlan(options: {
    source: string;
    hash: string;
    decision: PlanDecision;
    by: string;
    now: Date;
  }): Promise<boolean>;
  /** Pauses a source at run time, or with undefined lets it go on. */
  setPaused(
    source: string,
    paused: { by: string; at: Date } | undefined,
  ): Promise<void>;
  /** All entities of a source, with the records that gave them, by ref. */
  entitiesOf(source: string): Promise<PlanRef[]>;
  /** Keeps what was decided on a plan that no run made. */
  saveDecision(options: {
    source: string;
    plan: HeldPlan;
    state: Extract<PlanState, 'rejected' | 'applied'>;
    by: string;
    now: Date;
  }): Promise<void>;
  /** Forgets what the list of a source gave, but not its runs and plans. */
  forgetList(source: string): Promise<void>;
  /** Forgets all of a source but its runs and plans. */
  forgetSource(source: string): Promise<void>;
}

/** What people see and decide of sources. */
export function createManageStore(options: { knex: Knex }): ManageStore {
  const { knex } = options;
  return {
    report: source => report({ knex, source }),
    listRuns: (source, page) =>
      keysetPage({
        query: knex('custom_data_runs').where({ source }),
        columns: ['started_at', 'run_id'],
        direction: 'desc',
        page,
        present: toRunReport,
      }),
    listProblems: (source, page) =>
      keysetPage({
        query: knex('custom_data_problems').where({ source }),
        columns: ['first_seen_at', 'problem_key'],
        direction: 'desc',
        page,
        present: toProblemReport,
      }),
    refsOfRecords: (source, ids) => refsOfRecords({ knex, source, ids }),
    currentPlan: source => currentPlan({ knex, source }),
    findPlan: (source, hash) => findPlan({ knex, source, hash }),
    listPlanRefs: (source, hash, page) =>
      keysetPage({
        query: knex('custom_data_plan_refs').where({ source, hash }),
        columns: ['entity_ref'],
        direction: 'asc',
        page,
        present: toPlanRef,
      }),
    decidePlan: decision => decidePlan({ knex, ...decision }),
    saveDecision: decision => saveDecision({ knex, ...decision }),
    setPaused: async (source, paused) => {
      await knex('custom_data_sources')
        .insert({ source, failures: 0 })
        .onConflict('source')
        .ignore();
      await knex('custom_data_sources')
        .where({ source })
        .update({
          paused_by: paused?.by ?? null,
          paused_at: paused ? toText(paused.at) : null,
        });
    },
    entitiesOf: async source => {
      const rows = await knex('custom_data_contributions')
        .where({ source })
        .select('entity_ref', 'record_id')
        .orderBy('entity_ref');
      return rows.map(toPlanRef);
    },
    forgetList: source => forgetList({ knex, source }),
    forgetSource: source => forgetSource({ knex, source }),
  };
}

function toPlanRef(row: any): PlanRef {
  return { entityRef: row.entity_ref, recordId: row.record_id ?? undefined };
}

/* From rows of the tables to what people read. */

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

export function toProblemReport(row: any): ProblemReport {
  return { ...toProblem(row), firstSeenAt: row.first_seen_at };
}

export function toPlanReport(row: any): PlanReport {
  return {
    hash: row.hash,
    state: row.state,
    reason: row.reason,
    count: row.entity_count,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: row.decided_at ?? undefined,
  };
}

/** What the tables know of a source, in a few indexed queries. */
async function report(options: {
  knex: Knex;
  source: string;
}): Promise<SourceReport> {
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
  const [{ entities }] = await knex('custom_data_entities')
    .where({ source })
    .count({ entities: '*' });
  const pending = await knex('custom_data_plans')
    .where({ source, state: 'pending' })
    .first();
  return {
    state: await readState({ knex, source }),
    entities: Number(entities),
    lastRun: lastRun && toRunReport(lastRun),
    lastSuccess: lastSuccess && toRunReport(lastSuccess),
    pendingPlan: pending && {
      hash: pending.hash,
      count: pending.entity_count,
    },
    problems: await countProblems(knex, source),
  };
}

async function countProblems(
  knex: Knex,
  source: string,
): Promise<SourceReport['problems']> {
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
