import { abortable } from '../lib/abort';
import type { Problem } from '../lib/problem';
import type { ListAnswer } from '../sources/RecordSource';
import type { Validators } from '../sources/validators';
import { ListObserver } from './ListObserver';
import { applyEntities, applyPlan } from './applyPlan';
import { checkCycles, recheckCycles } from './checks/checkCycles';
import { type HeldPlan, readApprovedRefs, toHeldPlan } from './database/plans';
import type { ProblemOutcome } from './database/problems';
import { readAdoptedKeys, type StoredRecords } from './database/records';
import { completeRun } from './endRun';
import type { ObservedRecord } from './mapRecord';
import {
  adoptedAfter,
  type CatalogDifference,
  compareWithCatalog,
  findOwnership,
  problemsOfDifference,
} from './ownership';
import { planSync } from './planSync';
import type { SyncPlan } from './plan';
import type { RunContext } from './runContext';

/**
 * One run over the whole list. A `full` one applies all of the source's
 * entities, whether or not they changed, and so does one after a run of which
 * the catalog may have taken a part.
 */
export async function runList(
  context: RunContext,
  wantsFull: boolean,
): Promise<void> {
  const { settings, source, state, fingerprint, run, signal } = context;
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
    source.list({ validators, signal, sink: observer }),
    signal,
  );
  if (answer.type === 'listed') {
    await applyList(context, { answer, observer, full });
  } else {
    await keepList(context, { validators, full });
  }
}

/** The list has not changed, so neither have the tables. */
async function keepList(
  context: RunContext,
  { validators, full }: { validators?: Validators; full: boolean },
): Promise<void> {
  const { knex, settings, fingerprint } = context;
  if (full) {
    const adopted = await readAdoptedKeys({ knex, source: settings.name });
    await applyEntities(context, { full, adopted });
  }
  await completeRun(context, {
    after: { fingerprint, validators },
    problems: await recheckCycles(context),
    changed: full,
  });
}

async function applyList(
  context: RunContext,
  options: {
    answer: Extract<ListAnswer, { type: 'listed' }>;
    observer: ListObserver;
    full: boolean;
  },
): Promise<void> {
  const { state, fingerprint } = context;
  const { answer, observer, full } = options;
  const list = await evaluateList(context, options);
  const { stored, difference, complete } = list;
  const { planned, adopted } = await planList(context, { ...options, list });
  const plan = await applyPlan(context, {
    plan: planned,
    stored,
    full: full || difference.missing.length > 0,
    adopted,
  });
  await completeRun(context, {
    plan,
    adopted,
    // Their hashes are of the fingerprint before.
    outdated:
      complete || state.fingerprint === fingerprint ? [] : observer.unseen(),
    after: {
      fingerprint,
      validators: plan.settled ? answer.validators : undefined,
    },
    plans: {
      held: heldPlan(context, { plan, stored }),
      removed: plan.removals,
      complete,
    },
    problems: problemsOfList({
      ...list,
      found: [...plan.problems, ...list.problems],
      wasSeen: id => observer.wasSeen(id),
      isWhole: complete && observer.isMapped,
    }),
    changed: full || plan.upserts.length > 0,
  });
}

/** A list, compared with what the catalog and the tables have of it. */
interface EvaluatedList {
  observed: ObservedRecord[];
  stored: StoredRecords;
  difference: CatalogDifference;
  /** Location keys of others under which the catalog has entities of the source. */
  adopted: ReadonlyMap<string, string>;
  /** Whether each of its records is identified, so that what it lacks is gone. */
  complete: boolean;
  /** Beside those of single records. */
  problems: Problem[];
}

async function evaluateList(
  context: RunContext,
  { observer, full }: { observer: ListObserver; full: boolean },
): Promise<EvaluatedList> {
  const { knex, settings } = context;
  const { stored, ...seen } = await observer.finish();
  const adopted = await readAdoptedKeys({ knex, source: settings.name });
  const difference = await compareWithCatalog(context, {
    closely: full,
    adopted,
  });
  const checked = await checkCycles(context, { ...seen, stored });
  return {
    observed: checked.observed,
    stored,
    difference,
    adopted,
    complete: observer.unidentified.length === 0,
    problems: [
      ...checked.problems,
      ...problemsOfDifference(difference, adopted),
    ],
  };
}

async function planList(
  context: RunContext,
  options: {
    answer: Extract<ListAnswer, { type: 'listed' }>;
    observer: ListObserver;
    list: EvaluatedList;
  },
): Promise<{ planned: SyncPlan; adopted: Map<string, string> }> {
  const { knex, settings, now, run } = context;
  const { answer, observer, list } = options;
  const { stored, observed, complete, difference } = list;
  const source = settings.name;
  const ownership = await findOwnership(context, list);
  const plan = planSync({
    stored,
    observed,
    complete,
    observedAt: run.startedAt,
    total: difference.known + difference.orphans.length,
    orphans: difference.orphans,
    listed: observer.listed,
    unstablePagination: answer.unstablePagination ?? false,
    removals: settings.removals,
    approved: await readApprovedRefs({ knex, source, now: now() }),
    foreignOwners: ownership.foreign,
  });
  const { unidentified } = observer;
  const invalid = plan.counts.invalid + unidentified.length;
  return {
    planned: {
      ...plan,
      problems: [...unidentified, ...plan.problems],
      counts: { ...plan.counts, invalid },
    },
    adopted: adoptedAfter({ before: list.adopted, ownership, plan }),
  };
}

/** The plan that a person is asked about, with the records that gave its refs. */
function heldPlan(
  { settings }: RunContext,
  { plan, stored }: { plan: SyncPlan; stored: StoredRecords },
): HeldPlan | undefined {
  if (!plan.held) {
    return undefined;
  }
  const { refs, reason } = plan.held;
  const records = new Map(
    [...stored.contributions.values()]
      .flat()
      .map(({ entityRef, recordId }) => [entityRef, recordId]),
  );
  return toHeldPlan({
    source: settings.name,
    refs: refs.map(entityRef => ({
      entityRef,
      recordId: records.get(entityRef),
    })),
    reason,
  });
}

/**
 * What a run over the list found. A record that was not mapped again keeps the
 * problems that it has, as does one that an incomplete list lacks.
 */
function problemsOfList(options: {
  found: Problem[];
  observed: ObservedRecord[];
  /** Whether the list had a record that is stored. */
  wasSeen: (recordId: string) => boolean;
  complete: boolean;
  /** Whether every record of the list was mapped. */
  isWhole: boolean;
}): ProblemOutcome {
  const { found, observed, wasSeen, complete, isWhole } = options;
  const outcomes = new Map(
    observed.map(record => [record.recordId, record.outcome.type]),
  );
  const isRecordEvaluated = (recordId: string) => {
    const outcome = outcomes.get(recordId);
    return outcome ? outcome !== 'unchanged' : complete && !wasSeen(recordId);
  };
  return {
    found,
    isWhole,
    isEvaluated: ({ code, recordId }) => {
      if (code === 'owner-unknown') {
        return false;
      }
      return (
        code === 'relation-cycle' ||
        recordId === undefined ||
        isRecordEvaluated(recordId)
      );
    },
  };
}
