import type { ListAnswer } from '../model/source';
import type { StoredSource } from '../model/sync';
import { applyPlan } from './applyPlan';
import { commitRun } from './commitRun';
import { foreignOwners } from './foreignOwners';
import { observeRecords } from './observeRecords';
import { planSync } from './planSync';
import type { SyncPlan } from './planTypes';
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
  if (answer.type === 'not-modified') {
    await applyPlan(context, { stored, full });
    await commitRun(context, { after: { fingerprint, validators } });
    return;
  }
  const { plan, complete } = await planList(context, answer, stored, reusable);
  await applyPlan(context, { plan, stored, full });
  await commitRun(context, {
    plan,
    after: {
      // Hashes of records that were not seen belong to the fingerprint before.
      fingerprint: complete ? fingerprint : state.fingerprint,
      validators: plan.settled ? answer.validators : undefined,
    },
  });
}

async function planList(
  context: RunContext,
  answer: Records,
  stored: StoredSource,
  reusable: boolean,
): Promise<{ plan: SyncPlan; complete: boolean }> {
  const { observed, problems } = await observeRecords({
    ...context,
    source: context.settings.name,
    records: answer.records,
    stored,
    reusable,
  });
  const complete = problems.length === 0;
  const plan = planSync({
    stored,
    observed,
    observedAt: context.run.startedAt,
    total: countRefs(stored),
    listed: answer.records.length,
    complete,
    removals: context.settings.removals,
    foreignOwners: await foreignOwners({
      ...context,
      source: context.settings.name,
      stored,
      observed,
    }),
  });
  plan.problems.unshift(...problems);
  plan.counts.invalid += problems.length;
  return { plan, complete };
}

function countRefs(stored: StoredSource): number {
  let count = 0;
  for (const contributions of stored.contributions.values()) {
    count += contributions.length;
  }
  return count;
}
