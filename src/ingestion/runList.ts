import { abortable } from '../lib/abort';
import type { ListAnswer } from '../sources/RecordSource';
import { ListObserver } from './ListObserver';
import { RecordIndex } from './RecordIndex';
import { applyEntities, applyPlan } from './applyPlan';
import { checkCycles, recheckCycles } from './checks/checkCycles';
import { checkOwners } from './checks/checkOwners';
import { commitRun } from './commitRun';
import {
  type CatalogDifference,
  compareWithCatalog,
} from './compareWithCatalog';
import { heldPlan } from './heldPlan';
import { findOwnership, type Ownership } from './ownership';
import { planSync } from './planSync';
import type { SyncPlan } from './planTypes';
import { problemsOfList } from './problemOutcome';
import type { RunContext } from './runContext';
import { adoptedAfter, takenAway, takenBack } from './takeover';

type Listed = Extract<ListAnswer, { type: 'listed' }>;

/**
 * One run over the whole list. A `full` one applies all of the source's
 * entities, whether or not they changed, and so does one after a run of which
 * the catalog may have taken a part.
 */
export async function runList(
  context: RunContext,
  wantsFull: boolean,
): Promise<void> {
  const { settings, source, store, state, fingerprint, run, signal } = context;
  const full = wantsFull || state.fingerprint === undefined;
  const reusable =
    state.fingerprint === fingerprint && run.kind !== 'reconcile';
  const validators = reusable ? state.validators : undefined;
  const sink = new ListObserver({
    ...context,
    source: settings.name,
    reusable,
    readIndex: () => RecordIndex.read(store, settings.name),
  });
  if (!validators) {
    // There will be an answer to compare with, so read while waiting for it.
    sink.prepare();
  }
  // What ignores its signal must not hold the lease for ever.
  const answer = await abortable(
    source.list({ validators, signal, sink }),
    signal,
  );
  if (answer.type === 'listed') {
    await applyList(context, { answer, sink, full });
    return;
  }
  if (full) {
    const adopted = await store.adoptedKeys(settings.name);
    await applyEntities(context, { full, adopted });
  }
  await commitRun(context, {
    after: { fingerprint, validators },
    problems: await recheckCycles(context),
  });
  await checkOwners(context, full);
}

async function applyList(
  context: RunContext,
  options: {
    answer: Listed;
    sink: ListObserver;
    full: boolean;
  },
): Promise<void> {
  const { settings, store, state, fingerprint } = context;
  const { answer, sink, full } = options;
  const complete = sink.unidentified.length === 0;
  const { stored, ...seen } = await sink.finish();
  const adoptedBefore = await store.adoptedKeys(settings.name);
  const difference = await compareWithCatalog(context, {
    closely: full,
    adopted: adoptedBefore,
  });
  const checked = await checkCycles(context, { ...seen, stored });
  const { observed } = checked;
  const ownership = await findOwnership({
    ...context,
    source: settings.name,
    takeover: settings.takeover,
    stored,
    observed,
  });
  const planned = await planList(context, {
    ...options,
    stored,
    observed,
    ownership,
    difference,
    complete,
  });
  const adopted = adoptedAfter({
    before: adoptedBefore,
    ownership,
    plan: planned,
  });
  const plan = await applyPlan(context, {
    plan: planned,
    stored,
    full: full || difference.lost.length > 0,
    adopted,
  });
  await commitRun(context, {
    plan: {
      ...plan,
      changes: {
        ...plan.changes,
        adopted,
        // Made under the fingerprint before.
        outdated:
          complete || state.fingerprint === fingerprint ? [] : sink.unseen(),
      },
    },
    after: {
      fingerprint,
      validators: plan.settled ? answer.validators : undefined,
    },
    plans: {
      held:
        plan.held &&
        heldPlan({ source: settings.name, stored, held: plan.held }),
      removed: plan.removals,
      complete,
    },
    problems: problemsOfList({
      found: [
        ...plan.problems,
        ...checked.problems,
        ...takenBack(difference.lost, adoptedBefore),
        ...takenAway(difference.taken),
      ],
      observed,
      wasSeen: id => sink.wasSeen(id),
      complete,
      isWhole: complete && sink.isMapped,
    }),
  });
  await checkOwners(context, full || plan.upserts.length > 0);
}

async function planList(
  context: RunContext,
  options: Pick<Parameters<typeof planSync>[0], 'stored' | 'observed'> & {
    answer: Listed;
    sink: ListObserver;
    ownership: Ownership;
    difference: CatalogDifference;
    complete: boolean;
  },
): Promise<SyncPlan> {
  const { settings, store, now, run } = context;
  const { answer, sink, ownership, difference } = options;
  const planned = planSync({
    ...options,
    observedAt: run.startedAt,
    total: difference.known + difference.strays.length,
    strays: difference.strays,
    listed: sink.listed,
    unstablePagination: answer.unstablePagination ?? false,
    removals: settings.removals,
    approved: await store.approvedRefs(settings.name, now()),
    foreignOwners: ownership.foreign,
  });
  planned.problems = [...sink.unidentified, ...planned.problems];
  planned.counts.invalid += sink.unidentified.length;
  return planned;
}
