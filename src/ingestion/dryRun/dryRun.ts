import { SourceError } from '../../lib/errors';
import {
  FINDING_CODES,
  type Problem,
  type ProblemCode,
} from '../../lib/problem';
import type { RecordSink } from '../../sources/RecordSource';
import type { PlanRef } from '../database/plans';
import { readProblems } from '../database/problems';
import { readEntityRefs, readGivingRecords } from '../database/records';
import {
  postponeSource,
  type RunCounts,
  type SourceState,
} from '../database/runs';
import { fingerprintOf } from '../fingerprint';
import {
  evaluatedProblems,
  foundProblems,
  heldPlan,
  isFull,
  type ListPlan,
  type PlanContext,
  planList,
  readList,
} from '../planList';
import type { SyncOptions } from '../runContext';
import { nameTimeLimit } from '../timeLimit';
import {
  compareEntities,
  type EntityChanges,
  type Listed,
} from './compareEntities';
import { FirstRecords, type RehearsedRecord } from '../rehearsal/FirstRecords';
import { countKinds, type RehearsalCounts } from '../rehearsal/rehearse';
import {
  firstSorted,
  RelationChanges,
  type RelationReport,
} from './RelationChanges';

/** What a run over the list would do now. Nothing of it was done. */
export interface DryRun extends EntityChanges, RelationReport {
  counts: DryRunCounts;
  /** Why the list may lack records, so that what it lacks stays. */
  incomplete?: string;
  /** The plan that would wait for a decision. */
  plan?: { hash: string; reason: string };
  /** What that plan holds. */
  held: Listed<PlanRef>;
  /** Those that there would be after the run. */
  problems: Listed<Problem>;
  records: Listed<RehearsedRecord>;
}

/** Those that the run would record, and those of the source after it. */
export interface DryRunCounts extends RunCounts, RehearsalCounts {
  /** Of the added and the removed, those that are one entity with another ref. */
  renamed: number;
  /** Entities that stay as they are, without those that are held. */
  unchanged: number;
}

/**
 * Takes the way of a run over the list, up to its plan, and shows it. Nothing
 * is written; but an API that asks to be left alone is left alone. Each list is
 * cut at `limit`.
 */
export async function dryRun(
  sync: SyncOptions,
  options: {
    state: SourceState;
    wantsFull: boolean;
    /** Whether the source itself is asked. */
    asks: boolean;
    limit: number;
    signal: AbortSignal;
  },
): Promise<DryRun> {
  const { settings, shape, knex, now } = sync;
  const { state, wantsFull, asks, limit, signal } = options;
  const source = settings.name;
  const fingerprint = fingerprintOf(settings, shape);
  const context: PlanContext = {
    ...sync,
    state,
    fingerprint,
    reusable: state.fingerprint === fingerprint,
    run: { id: 'dry-run', source, kind: 'manual', startedAt: now() },
    signal,
    progress: { doing: 'reading the list' },
  };
  const postpone = async (retryAt: Date | undefined) => {
    if (asks && retryAt) {
      await postponeSource({ knex, source, retryAt });
    }
  };
  const first = new FirstRecords();
  try {
    const through = (sink: RecordSink) => first.through(sink);
    const answer = await readList(context, { through });
    await postpone(answer.retryAt);
    if (answer.type !== 'listed') {
      throw new Error(
        `Source "${source}" says that nothing changed, and was not told since when`,
      );
    }
    const full = isFull(context, wantsFull);
    const planned = await planList(context, answer, full);
    return await report(context, planned, { first, limit });
  } catch (error) {
    if (error instanceof SourceError && error.retryAfterMs) {
      await postpone(new Date(now().getTime() + error.retryAfterMs));
    }
    const { doing } = context.progress;
    throw nameTimeLimit(error, { ...context, doing, endedAt: now() });
  }
}

async function report(
  context: PlanContext,
  planned: ListPlan,
  { first, limit }: { first: FirstRecords; limit: number },
): Promise<DryRun> {
  const { knex } = context;
  const { plan } = planned;
  const relations = new RelationChanges();
  const changes = await compareEntities(context, plan, { limit, relations });
  return {
    counts: await countUp(context, planned, changes.renamed.totalItems),
    incomplete: planned.list.incomplete,
    ...changes,
    ...showHeld(context, planned, limit),
    problems: firstSorted(await problemsAfter(context, planned), limit),
    ...(await relations.report(knex, plan, limit)),
    records: {
      totalItems: plan.counts.records,
      items: await first.show(context, limit),
    },
  };
}

/** The plan, as it would be stored for a decision. */
function showHeld(
  { settings }: PlanContext,
  planned: ListPlan,
  limit: number,
): Pick<DryRun, 'plan' | 'held'> {
  const plan = heldPlan(settings.name, planned.plan);
  return {
    plan: plan && { hash: plan.hash, reason: plan.reason },
    held: firstSorted(plan?.refs ?? [], limit),
  };
}

/** Codes of problems that are looked for apart from the list. */
const BESIDE_THE_LIST: ProblemCode[] = [...FINDING_CODES, 'owner-unknown'];

/** Those that the run finds, and those of records that it does not map again. */
async function problemsAfter(
  { knex, settings }: PlanContext,
  planned: ListPlan,
): Promise<Problem[]> {
  const { plan, list } = planned;
  const isEvaluated = evaluatedProblems(list, plan.basis.input);
  const stored = await readProblems({ knex, source: settings.name });
  const kept = stored.filter(
    problem => !BESIDE_THE_LIST.includes(problem.code) && !isEvaluated(problem),
  );
  return [
    ...foundProblems(planned, plan),
    ...kept.map(({ firstSeenAt: _, ...problem }) => problem),
  ];
}

async function countUp(
  context: PlanContext,
  planned: ListPlan,
  renamed: number,
): Promise<DryRunCounts> {
  const { knex, settings } = context;
  const { plan, difference } = planned;
  const { counts, removals, held } = plan;
  const { missing, orphans } = difference;
  const refs = new Set(await readEntityRefs({ knex, source: settings.name }));
  const before = refs.size;
  // Of these, the tables know nothing.
  const unknown = new Set(orphans);
  const removed = removals.filter(ref => !unknown.has(ref));
  removed.forEach(ref => refs.delete(ref));
  plan.upserts.forEach(c => refs.add(c.entityRef));
  const waiting = held
    ? held.refs.filter(ref => !unknown.has(ref)).length + held.changes.size
    : 0;
  const gone = new Set(removals);
  const restored = missing.filter(ref => !gone.has(ref)).length;
  const { mapped, empty } = await countGiving(context, planned);
  return {
    ...counts,
    ...(restored > 0 && { restored }),
    ...(settings.when !== undefined && { passed: counts.records - empty }),
    mapped,
    renamed,
    unchanged: before - counts.changed - removed.length - waiting,
    entities: refs.size,
    kinds: countKinds(refs),
  };
}

/** How many records of the list give entities, and how many are valid and give none. */
async function countGiving(
  { knex, settings }: PlanContext,
  { plan, list }: ListPlan,
): Promise<{ mapped: number; empty: number }> {
  const { desired, postponed } = plan.basis.decision;
  const decided = [...desired, ...postponed].map(({ record }) => record);
  const outcomes = new Map(
    [...list.observed, ...decided].map(r => [r.recordId, r.outcome]),
  );
  const giving = new Set(
    await readGivingRecords({ knex, source: settings.name }),
  );
  const counts = { mapped: 0, empty: 0 };
  for (const recordId of list.seen) {
    const outcome = outcomes.get(recordId);
    if (outcome?.type !== 'invalid') {
      const gives =
        outcome?.type === 'mapped'
          ? outcome.contributions.length > 0
          : giving.has(recordId);
      counts[gives ? 'mapped' : 'empty']++;
    }
  }
  return counts;
}
