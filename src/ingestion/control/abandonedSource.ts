import { ConflictError, stringifyError, toError } from '@backstage/errors';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import { randomUUID } from 'node:crypto';
import type { EntityRegistry } from '../../database/catalogTables';
import { inChunks } from '../../lib/inChunks';
import { providerName } from '../../lib/keys';
import type { Page, PageRequest } from '../../lib/page';
import type { Run, RunEnd, SyncStore } from '../database/SyncStore';
import type { HeldPlan, PlanDecision, PlanRef } from '../database/plans';
import type { ManageStore, PlanReport } from '../database/reports';
import { planOf } from '../heldPlan';
import { withLease } from '../withLease';

const NO_COUNTS = {
  records: 0,
  added: 0,
  changed: 0,
  removed: 0,
  held: 0,
  invalid: 0,
};

export interface AbandonedOptions {
  store: SyncStore;
  manage: ManageStore;
  registry: EntityRegistry;
  /** Of the provider that keeps the entities of a source whose list is no longer polled. */
  connectionOf: (source: string) => EntityProviderConnection | undefined;
  now: () => Date;
  shutdown: AbortSignal;
}

/** A source whose list nobody polls any more, and why. */
export interface AbandonedSource {
  source: string;
  reason: string;
  /** Whether locations may still read it, so that only its list is forgotten. */
  isConfigured: boolean;
}

/**
 * The plan of a source whose list is no longer polled: to remove all that it
 * has, by our tables or by the catalog's.
 */
async function abandonedPlan(
  { manage, registry }: AbandonedOptions,
  { source, reason }: AbandonedSource,
): Promise<HeldPlan> {
  const refs = new Map<string, PlanRef>();
  for (const entityRef of await registry.refsOf(providerName(source))) {
    refs.set(entityRef, { entityRef });
  }
  for (const ref of await manage.entitiesOf(source)) {
    refs.set(ref.entityRef, ref);
  }
  return planOf({ source, refs: [...refs.values()], reason });
}

/** That plan as people see it, with a page of its refs. */
export async function reportAbandoned(
  options: AbandonedOptions,
  abandoned: AbandonedSource,
  page: PageRequest,
): Promise<{ plan: PlanReport; refs: Page<PlanRef> }> {
  const plan = await abandonedPlan(options, abandoned);
  const { hash, reason } = plan;
  const decided = await rejectionOf(options, abandoned.source, hash);
  return {
    plan: {
      hash,
      reason,
      state: 'pending',
      count: plan.refs.length,
      ...decided,
    },
    refs: pageOf(plan.refs, page),
  };
}

interface AskedDecision extends AbandonedSource {
  hash: string;
  decision: PlanDecision;
  by: string;
}

/** Removes all entities of a source whose list is no longer polled, or keeps that they stay. */
export async function decideAbandoned(
  options: AbandonedOptions,
  asked: AskedDecision,
): Promise<void> {
  const { store, now, shutdown } = options;
  const { source } = asked;
  const run: Run = {
    id: randomUUID(),
    source,
    kind: 'retire',
    startedAt: now(),
  };
  const done = await withLease({
    store,
    run,
    now,
    signal: shutdown,
    work: signal =>
      closing(options, run, () => carryOut(options, asked, signal)),
  });
  if (!done) {
    throw new ConflictError(
      `Another replica is busy with source "${source}": it may still be configured there`,
    );
  }
}

/** Closes the run, whatever becomes of the work; that gives how many entities were removed. */
async function closing(
  { store, now }: AbandonedOptions,
  run: Run,
  work: () => Promise<number>,
): Promise<void> {
  const end = (outcome: RunEnd['outcome'], more?: Partial<RunEnd>) =>
    store.endRun({ run, end: { endedAt: now(), outcome, ...more } });
  try {
    const removed = await work();
    await end(removed > 0 ? 'applied' : 'unchanged', {
      counts: { ...NO_COUNTS, removed },
    });
  } catch (error) {
    // What went wrong first is what the caller has to see.
    await end('failed', { error: stringifyError(toError(error)) }).catch(
      () => undefined,
    );
    throw error;
  }
}

async function carryOut(
  options: AbandonedOptions,
  asked: AskedDecision,
  signal: AbortSignal,
): Promise<number> {
  const { manage, now } = options;
  const { source, hash, decision, by } = asked;
  const plan = await abandonedPlan(options, asked);
  const rejected = await rejectionOf(options, source, plan.hash);
  if (plan.hash !== hash || (rejected && decision === 'rejected')) {
    throw new ConflictError(
      `Plan "${hash}" of source "${source}" is not one that waits for a decision`,
    );
  }
  if (decision === 'rejected') {
    const state = 'rejected';
    await manage.saveDecision({ source, plan, state, by, now: now() });
    return 0;
  }
  await removeAll(options, source, plan.refs, signal);
  // A crash up to here leaves the plan as it was, to be approved again.
  const state = 'applied';
  await manage.saveDecision({ source, plan, state, by, now: now() });
  await (asked.isConfigured
    ? manage.forgetList(source)
    : manage.forgetSource(source));
  return plan.refs.length;
}

async function rejectionOf(
  { manage }: AbandonedOptions,
  source: string,
  hash: string,
): Promise<PlanReport | undefined> {
  const known = await manage.findPlan(source, hash);
  return known?.state === 'rejected' ? known : undefined;
}

async function removeAll(
  { connectionOf, store }: AbandonedOptions,
  source: string,
  refs: PlanRef[],
  signal: AbortSignal,
): Promise<void> {
  const connection = connectionOf(source);
  if (!connection) {
    throw new ConflictError(
      `Source "${source}" is not connected to the catalog in this process; restart the backend, or try again`,
    );
  }
  const adopted = await store.adoptedKeys(source);
  for (const chunk of inChunks(refs)) {
    signal.throwIfAborted();
    await connection.applyMutation({
      type: 'delta',
      added: [],
      removed: chunk.map(({ entityRef }) => ({
        entityRef,
        locationKey: adopted.get(entityRef) ?? providerName(source),
      })),
    });
  }
}

function pageOf(refs: PlanRef[], { limit, after }: PageRequest): Page<PlanRef> {
  const sorted = [...refs].sort((a, b) => (a.entityRef < b.entityRef ? -1 : 1));
  const rest = after
    ? sorted.filter(({ entityRef }) => entityRef > after[0])
    : sorted;
  return {
    items: rest.slice(0, limit),
    totalItems: refs.length,
    next: rest.length > limit ? [rest[limit - 1].entityRef] : undefined,
  };
}
