import type { ListAnswer } from '../model/source';
import { providerName } from '../model/keys';
import type { StoredSource } from '../model/sync';
import { applyPlan } from './applyPlan';
import { commitRun } from './commitRun';
import { confirmApplied } from './confirmApplied';
import { foreignOwners } from './foreignOwners';
import { heldPlan } from './heldPlan';
import { observeRecords } from './observeRecords';
import { planSync } from './planSync';
import type { ObservedRecord, SyncPlan } from './planTypes';
import { problemsOfList } from './problemOutcome';
import type { RunContext } from './syncContext';

type Records = Extract<ListAnswer, { type: 'records' }>;

/**
 * One run over the whole list. A `full` one applies all of the source's
 * entities, whether or not they changed.
 */
export async function runList(
  context: RunContext,
  full: boolean,
): Promise<void> {
  const { settings, source, store, state, fingerprint, run, signal } = context;
  const reusable =
    state.fingerprint === fingerprint && run.kind !== 'reconcile';
  const validators = reusable ? state.validators : undefined;
  const answer = await source.list({ validators, signal });
  if (answer.type === 'not-modified' && !full) {
    await commitRun(context, { after: { fingerprint, validators } });
    return;
  }
  const stored = await store.readStored(settings.name);
  const strays = await findStrays(context, stored);
  if (answer.type === 'not-modified') {
    await applyPlan(context, { stored, full, strays });
    await commitRun(context, { after: { fingerprint, validators } });
    return;
  }
  const { planned, observed, complete } = await planList(context, {
    answer,
    stored,
    strays,
    reusable,
  });
  await applyPlan(context, { plan: planned, stored, full, strays });
  const plan = await confirmApplied({
    ...context,
    source: settings.name,
    plan: planned,
    stored,
  });
  await commitRun(context, {
    plan,
    after: {
      // Hashes of records that were not seen belong to the fingerprint before.
      fingerprint: complete ? fingerprint : state.fingerprint,
      validators: plan.settled ? answer.validators : undefined,
    },
    plans: {
      held:
        plan.held &&
        heldPlan({ source: settings.name, stored, held: plan.held }),
      removed: plan.removals,
      complete,
    },
    problems: problemsOfList({ found: plan.problems, observed, complete }),
  });
}

async function planList(
  context: RunContext,
  options: {
    answer: Records;
    stored: StoredSource;
    strays: string[];
    reusable: boolean;
  },
): Promise<{
  planned: SyncPlan;
  observed: ObservedRecord[];
  complete: boolean;
}> {
  const { settings, store, now } = context;
  const { answer, stored, strays, reusable } = options;
  const { observed, problems } = await observeRecords({
    ...context,
    source: settings.name,
    records: answer.records,
    stored,
    reusable,
  });
  const complete = problems.length === 0;
  const planned = planSync({
    stored,
    observed,
    observedAt: context.run.startedAt,
    total: countRefs(stored) + strays.length,
    strays,
    listed: answer.records.length,
    complete,
    mayShift: answer.mayShift ?? false,
    removals: settings.removals,
    approved: await store.approvedRefs(settings.name, now()),
    foreignOwners: await foreignOwners({
      ...context,
      source: settings.name,
      stored,
      observed,
    }),
  });
  planned.problems.unshift(...problems);
  planned.counts.invalid += problems.length;
  return { planned, observed, complete };
}

/**
 * What the catalog has of the source beyond what our tables know: left by a
 * run that died right after its mutation, or by tables restored from a backup.
 */
async function findStrays(
  { registry, settings }: RunContext,
  stored: StoredSource,
): Promise<string[]> {
  const known = new Set(
    [...stored.contributions.values()].flat().map(c => c.entityRef),
  );
  const refs = await registry.refsOf(providerName(settings.name));
  return refs.filter(ref => !known.has(ref));
}

function countRefs(stored: StoredSource): number {
  let count = 0;
  for (const contributions of stored.contributions.values()) {
    count += contributions.length;
  }
  return count;
}
