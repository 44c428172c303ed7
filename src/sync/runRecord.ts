import { SourceError } from '../model/errors';
import { applyPlan } from './applyPlan';
import { commitRun } from './commitRun';
import { confirmApplied } from './confirmApplied';
import { foreignOwners } from './foreignOwners';
import { observeRecord } from './observeRecords';
import { planSync } from './planSync';
import type { RunContext } from './syncContext';

export type RecordSyncOutcome = 'synced' | 'not-found';

/** One run over a single record; what the source no longer knows stays. */
export async function runRecord(
  context: RunContext,
  recordId: string,
): Promise<RecordSyncOutcome> {
  const { settings, source, mapper, store, state, signal } = context;
  const answer = await source.read({ recordId, signal });
  if (answer.type !== 'record') {
    await commitRun(context, {
      remark: `the source has no record "${recordId}", which removes nothing`,
    });
    return 'not-found';
  }
  const actualId = await mapper.recordId(answer.record);
  if (actualId !== recordId) {
    throw differentRecord(settings.name, recordId, actualId);
  }
  const stored = await store.readStored(settings.name, recordId);
  const observed = [
    await observeRecord({
      ...context,
      source: settings.name,
      stored,
      record: answer.record,
      recordId,
      reusable: state.fingerprint === context.fingerprint,
    }),
  ];
  const planned = planSync({
    stored,
    observed,
    observedAt: context.run.startedAt,
    total: await store.countEntities(settings.name),
    listed: 1,
    complete: false,
    mayShift: false,
    strays: [],
    removals: settings.removals,
    // What needs an approval waits for a run over the list, which asks for it.
    approved: new Set(),
    foreignOwners: await foreignOwners({
      ...context,
      source: settings.name,
      stored,
      observed,
      recordId,
    }),
  });
  await applyPlan(context, { plan: planned, stored, full: false });
  const plan = await confirmApplied({
    ...context,
    source: settings.name,
    plan: planned,
    stored,
  });
  await commitRun(context, {
    plan,
    problems:
      observed[0].outcome.type === 'unchanged'
        ? undefined
        : { found: plan.problems, judged: id => id === recordId },
  });
  return 'synced';
}

/** An answer about another record than the one asked for. */
export function differentRecord(
  source: string,
  recordId: string,
  actualId: string | undefined,
): SourceError {
  return new SourceError(
    `Source "${source}" was asked for record "${recordId}" and answered with ` +
      `${actualId === undefined ? 'one without an id' : `"${actualId}"`}; ` +
      `check the keys "recordUrl" and "id"`,
    { code: 'shape' },
  );
}
