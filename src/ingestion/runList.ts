import { abortable } from '../lib/abort';
import type { Problem } from '../lib/problem';
import type { ListAnswer } from '../sources/RecordSource';
import { ListObserver, type ObservedList } from './ListObserver';
import { applyAgain, applyPlan } from './applyPlan';
import { checkCycles, recheckCycles } from './checks/checkCycles';
import type { StateAfter } from './database/commitRun';
import { type HeldPlan, readApproved, toHeldPlan } from './database/plans';
import type { ProblemOutcome } from './database/problems';
import { readAdoptedKeys } from './database/records';
import { countRecentRemovals } from './database/runs';
import { completeRun } from './completeRun';
import { readFieldChanges } from './fieldChanges';
import { explainHeld } from './guards';
import {
  type CatalogDifference,
  compareWithCatalog,
  findOwnership,
  isOfDifference,
  problemsOfDifference,
} from './ownership';
import { doneRefs, isOlder, type PlanInput, type SyncPlan } from './plan';
import { planSync } from './planSync';
import type { RunContext } from './runContext';
import { timeLimitOf } from './timeLimit';

/**
 * One run over the whole list. A `full` one applies all of the source's
 * entities, whether or not they changed, and so does one after a run of which
 * the catalog may have taken a part.
 */
export async function runList(
  context: RunContext,
  wantsFull: boolean,
): Promise<void> {
  const { settings, source, state, fingerprint, run, signal, progress } =
    context;
  const full = wantsFull || state.fingerprint === undefined;
  const reusable =
    state.fingerprint === fingerprint && run.kind !== 'reconcile';
  const validators = reusable ? state.validators : undefined;
  const observer = new ListObserver({
    ...context,
    source: settings.name,
    reusable,
  });
  if (!validators) {
    // There will be a list to compare with, so read while waiting for it.
    observer.prepare();
  }
  // A source in code may ignore its signal, and must not hold the lease for ever.
  const answer = await abortable(
    source.list({
      validators,
      signal,
      timeLimitMs: timeLimitOf(settings, run).ms,
      onRequest: what => {
        progress.doing = `reading ${what}`;
      },
      sink: observer,
    }),
    signal,
  );
  progress.doing = 'comparing and applying the list';
  if (answer.type === 'listed') {
    const list = await observer.finish(answer.incomplete);
    await applyList(context, { answer, list, full });
  } else {
    const { retryAt } = answer;
    await keepList(context, { after: { validators, retryAt }, full });
  }
}

/**
 * The list has not changed, so neither have the tables; but somebody may have
 * deleted entities in the catalog.
 */
async function keepList(
  context: RunContext,
  { after, full }: { after: Omit<StateAfter, 'fingerprint'>; full: boolean },
): Promise<void> {
  const { knex, settings, fingerprint } = context;
  const adopted = await readAdoptedKeys({ knex, source: settings.name });
  const difference = await compareWithCatalog(context, {
    closely: full,
    adopted,
  });
  const { restored, unstored } = await applyAgain(context, {
    full,
    difference,
    adopted,
  });
  const cycles = await recheckCycles(context);
  await completeRun(context, {
    restored,
    unstored,
    after: {
      fingerprint,
      ...after,
      ...(unstored.length > 0 && { validators: undefined }),
    },
    problems: {
      found: [
        ...(cycles?.found ?? []),
        ...problemsOfDifference(difference, adopted),
        ...unstored,
      ],
      isEvaluated: problem =>
        cycles?.isEvaluated(problem) || isOfDifference(problem),
    },
    changed: full,
  });
}

type Listed = Extract<ListAnswer, { type: 'listed' }>;

async function applyList(
  context: RunContext,
  options: { answer: Listed; list: ObservedList; full: boolean },
): Promise<void> {
  const { knex, settings, state, fingerprint } = context;
  const { answer, list, full } = options;
  const { stored, complete } = list;
  const source = settings.name;
  const before = await readAdoptedKeys({ knex, source });
  const difference = await compareWithCatalog(context, {
    closely: full,
    adopted: before,
  });
  const checked = await checkCycles(context, list);
  const { observed } = checked;
  const { adopted, foreignOwners } = await findOwnership(context, {
    stored,
    observed,
    adopted: before,
  });
  const planned = await planList(context, {
    ...list,
    observed,
    difference,
    foreignOwners,
    unstablePagination: answer.unstablePagination ?? false,
  });
  const { plan, restored, unstored } = await applyPlan(context, {
    plan: planned,
    full,
    difference,
    adopted,
  });
  await completeRun(context, {
    plan,
    restored,
    unstored,
    adopted,
    // Their hashes are of the fingerprint before.
    outdated: complete || state.fingerprint === fingerprint ? [] : list.unseen,
    after: {
      fingerprint,
      validators:
        plan.stable && unstored.length === 0 ? answer.validators : undefined,
      retryAt: answer.retryAt,
    },
    plans: { held: heldPlan(source, plan), done: doneRefs(plan), complete },
    problems: evaluatedProblems({ ...list, observed }, plan, [
      ...plan.problems,
      ...checked.problems,
      ...problemsOfDifference(difference, before, plan.problems),
      ...unstored,
    ]),
    changed: full || plan.upserts.length > 0,
  });
}

async function planList(
  context: RunContext,
  options: ObservedList &
    Pick<PlanInput, 'foreignOwners' | 'unstablePagination'> & {
      difference: CatalogDifference;
    },
): Promise<SyncPlan> {
  const { knex, settings, now, run } = context;
  const { difference, ...list } = options;
  const { known, orphans } = difference;
  const source = settings.name;
  const { startedAt } = run;
  return planSync({
    ...list,
    observedAt: startedAt,
    total: known + orphans.length,
    recentRemovals: await countRecentRemovals({ knex, source, now: startedAt }),
    isFiltered: settings.when !== undefined,
    orphans,
    removals: settings.removals,
    changes: settings.changes,
    fieldChanges: await readFieldChanges(context, list),
    approved: await readApproved({ knex, source, now: now() }),
  });
}

/** The plan that a person is asked about, with the records that gave its refs. */
function heldPlan(
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
 * What the run found, and which problems it evaluated. A record that was not
 * mapped again keeps the problems that it has, as do one that an incomplete
 * list lacks and one of which a later observation is stored.
 */
function evaluatedProblems(
  { observed, seen, complete }: ObservedList,
  { basis: { input } }: SyncPlan,
  found: Problem[],
): ProblemOutcome {
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
  return {
    found,
    isEvaluated: ({ code, recordId }) =>
      code !== 'owner-unknown' &&
      (code === 'relation-cycle' ||
        recordId === undefined ||
        isRecordEvaluated(recordId)),
  };
}
