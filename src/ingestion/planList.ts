/*
 * What a run over a list decides, up to its plan. Nothing is written here: a
 * run goes on from it, and a dry run shows it.
 */
import { abortable } from '../lib/abort';
import type { Problem } from '../lib/problem';
import { withSpan } from '../metrics/withSpan';
import type { ListAnswer, RecordSink } from '../sources/RecordSource';
import type { Validators } from '../sources/httpValidators';
import { ListObserver, type ObservedList } from './ListObserver';
import { checkCycles } from './checks/checkCycles';
import type { WantedEntity } from './database/pins';
import { type HeldPlan, readApproved, toHeldPlan } from './database/plans';
import type { ProblemOutcome } from './database/problems';
import { readAdoptedKeys } from './database/records';
import { countRecentRemovals } from './database/runs';
import { readFieldChanges } from './fieldChanges';
import { explainHeld } from './guards';
import {
  type CatalogDifference,
  compareWithCatalog,
  findOwnership,
  problemsOfDifference,
} from './ownership';
import { isOlder, type PlanInput, type SyncPlan } from './plan';
import { keepPinned } from './pins/keepPinned';
import { planSync } from './planSync';
import type { RunContext } from './runContext';
import { timeLimitOf } from './timeLimit';

/** A run, without what it writes with. */
export type PlanContext = Omit<RunContext, 'connection' | 'mutations'>;

type Answer<Type> = Extract<ListAnswer, { type: Type }>;

/** A list that was read to its end, or that has not changed. */
export type ReadList =
  | Answer<'not-modified'>
  | (Answer<'listed'> & { list: ObservedList });

/** Whether a run compares, and applies, all of the source's entities. */
export function isFull(
  { state }: Pick<PlanContext, 'state'>,
  wantsFull: boolean,
): boolean {
  return wantsFull || state.fingerprint === undefined;
}

/** Reads the list, and maps the records that changed. */
export async function readList(
  context: PlanContext,
  options: {
    validators?: Validators;
    /** Sees the records on their way. */
    through?: (sink: RecordSink) => RecordSink;
  } = {},
): Promise<ReadList> {
  const { settings, source, run, signal, progress } = context;
  const { validators, through = sink => sink } = options;
  const observer = new ListObserver({ ...context, source: settings.name });
  if (!validators) {
    // There will be a list to compare with, so read while waiting for it.
    observer.prepare();
  }
  // A source in code may ignore its signal, and must not hold the lease for ever.
  const answer = await withSpan(
    'custom_data.fetch',
    { source: settings.name },
    () =>
      abortable(
        source.list({
          validators,
          signal,
          timeLimitMs: timeLimitOf(settings, run).ms,
          onRequest: what => {
            progress.doing = `reading ${what}`;
          },
          sink: through(observer),
        }),
        signal,
      ),
  );
  progress.doing = 'comparing the list';
  return answer.type === 'listed'
    ? { ...answer, list: await observer.finish(answer.incomplete) }
    : answer;
}

/** What is to be done about a list, or about a single record of it. */
export interface ListPlan {
  plan: SyncPlan;
  /** The list, in which records that would close a cycle are invalid if these are rejected. */
  list: ObservedList;
  difference: CatalogDifference;
  /** The cycles that are there, as warnings. */
  cycles: Problem[];
  /** Location keys of others under which the catalog has entities of the source. */
  adopted: { before: Map<string, string>; after: Map<string, string> };
  /** What the source gives of pinned entities, where that is news. */
  wanted: WantedEntity[];
}

/** Compares a list with the catalog and with what is stored, and plans what to do. */
export async function planList(
  context: PlanContext,
  answer: Extract<ReadList, { type: 'listed' }>,
  full: boolean,
): Promise<ListPlan> {
  const { knex, settings, now } = context;
  const source = settings.name;
  const adopted = await readAdoptedKeys({ knex, source });
  return planObserved(context, {
    list: answer.list,
    difference: await compareWithCatalog(context, { closely: full, adopted }),
    adopted,
    guards: {
      unstablePagination: answer.unstablePagination ?? false,
      changes: settings.changes,
      approved: await readApproved({ knex, source, now: now() }),
    },
  });
}

/** Plans what to do about records that were read, be it one or all of a list. */
export async function planObserved(
  context: PlanContext,
  options: {
    list: ObservedList;
    difference: CatalogDifference;
    adopted: Map<string, string>;
    /** The record of a run over just that one. */
    recordId?: string;
    guards: Pick<
      PlanInput,
      'unstablePagination' | 'changes' | 'approved' | 'removalsWait'
    >;
  },
): Promise<ListPlan> {
  const { knex, settings, run } = context;
  const { difference, adopted: before, recordId } = options;
  const { known, orphans } = difference;
  const { startedAt } = run;
  const pinned = await keepPinned(context, options.list, options.guards);
  const checked = await checkCycles(context, { ...pinned.list, recordId });
  const list = { ...pinned.list, observed: checked.observed };
  const { adopted, foreignOwners } = await findOwnership(context, {
    ...list,
    recordId,
    adopted: before,
  });
  const plan = planSync({
    ...list,
    ...options.guards,
    foreignOwners,
    observedAt: startedAt,
    total: known + orphans.length,
    recentRemovals: await countRecentRemovals({
      knex,
      source: settings.name,
      now: startedAt,
    }),
    isFiltered: settings.when !== undefined,
    orphans,
    removals: settings.removals,
    fieldChanges: await readFieldChanges(context, list),
  });
  const cycles = checked.problems;
  return {
    plan,
    list,
    difference,
    cycles,
    adopted: { before, after: adopted },
    wanted: pinned.wanted,
  };
}

/** The problems of a plan, and with the list and the catalog beside it. */
export function foundProblems(
  { difference, cycles, adopted }: ListPlan,
  { problems }: SyncPlan,
): Problem[] {
  return [
    ...problems,
    ...cycles,
    ...problemsOfDifference(difference, adopted.before, problems),
  ];
}

/** The plan that a person is asked about, with the records that gave its refs. */
export function heldPlan(
  source: string,
  { held, basis }: SyncPlan,
): HeldPlan | undefined {
  if (!held) {
    return undefined;
  }
  const records = new Map(
    [...basis.input.stored.contributions.values()]
      .flat()
      .map(({ entityRef, recordId }) => [entityRef, recordId]),
  );
  const refs = [...held.refs, ...held.changes.keys()].map(entityRef => ({
    entityRef,
    recordId: records.get(entityRef),
    changes: held.changes.get(entityRef),
  }));
  return toHeldPlan({ source, refs, reason: explainHeld(held) });
}

/**
 * Which problems a run evaluated. A record that was not mapped again keeps the
 * problems that it has, as do one that an incomplete list lacks and one of which
 * a later observation is stored.
 */
export function evaluatedProblems(
  { observed, seen, complete }: ObservedList,
  input: PlanInput,
): ProblemOutcome['isEvaluated'] {
  const outcomes = new Map(
    observed.map(record => [record.recordId, record.outcome.type]),
  );
  const isRecordEvaluated = (recordId: string) => {
    if (isOlder({ recordId }, input)) {
      return false;
    }
    const outcome = outcomes.get(recordId);
    return outcome ? outcome !== 'unchanged' : complete && !seen.has(recordId);
  };
  return ({ code, recordId }) =>
    code !== 'owner-unknown' &&
    (code === 'relation-cycle' ||
      recordId === undefined ||
      isRecordEvaluated(recordId));
}
