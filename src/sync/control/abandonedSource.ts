import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import { ConflictError } from '@backstage/errors';
import { randomUUID } from 'node:crypto';
import type { EntityRegistry } from '../../model/catalog';
import { providerName } from '../../model/keys';
import type { ManageStore, PlanReport } from '../../model/manage';
import type { Page, PageRequest } from '../../model/page';
import type { HeldPlan, PlanDecision, PlanRef } from '../../model/plan';
import type { SyncStore } from '../../model/sync';
import { planOf } from '../heldPlan';
import { withLease } from '../withLease';

/** How many removals the catalog is given at once. */
const REMOVALS_AT_ONCE = 1000;

export interface AbandonedOptions {
  store: SyncStore;
  manage: ManageStore;
  registry: EntityRegistry;
  /** Of the provider that keeps the entities of a source that is no longer configured. */
  connectionOf: (source: string) => EntityProviderConnection | undefined;
  now: () => Date;
  shutdown: AbortSignal;
}

/**
 * The plan of a source that is no longer configured: to remove all that it
 * has, by our tables or by the catalog's.
 */
export async function abandonedPlan(
  { manage, registry }: AbandonedOptions,
  source: string,
): Promise<HeldPlan> {
  const refs = new Map<string, PlanRef>();
  for (const entityRef of await registry.refsOf(providerName(source))) {
    refs.set(entityRef, { entityRef });
  }
  for (const ref of await manage.entitiesOf(source)) {
    refs.set(ref.entityRef, ref);
  }
  return planOf({
    source,
    refs: [...refs.values()],
    reason: 'the source is no longer configured',
  });
}

/** That plan as people see it, with a page of its refs. */
export async function reportAbandoned(
  options: AbandonedOptions,
  source: string,
  page: PageRequest,
): Promise<{ plan: PlanReport; refs: Page<PlanRef> }> {
  const plan = await abandonedPlan(options, source);
  const { hash, reason } = plan;
  const decided = await rejectionOf(options, source, hash);
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

/** Removes all entities of a source that is no longer configured, or keeps that they stay. */
export async function decideAbandoned(
  options: AbandonedOptions,
  asked: { source: string; hash: string; decision: PlanDecision; by: string },
): Promise<void> {
  const { store, manage, now, shutdown } = options;
  const { source, hash, decision, by } = asked;
  const done = await withLease({
    store,
    source,
    holder: randomUUID(),
    now,
    signal: shutdown,
    work: async signal => {
      const plan = await abandonedPlan(options, source);
      const rejected = await rejectionOf(options, source, plan.hash);
      if (plan.hash !== hash || (rejected && decision === 'rejected')) {
        throw new ConflictError(
          `Plan "${hash}" of source "${source}" is not one that waits for a decision`,
        );
      }
      if (decision === 'rejected') {
        const state = 'rejected';
        await manage.saveDecision({ source, plan, state, by, now: now() });
        return;
      }
      await removeAll(options, source, plan.refs, signal);
      // A crash up to here leaves the plan as it was, to be approved again.
      const state = 'applied';
      await manage.saveDecision({ source, plan, state, by, now: now() });
      await manage.forgetSource(source);
    },
  });
  if (!done) {
    throw new ConflictError(
      `Another replica is busy with source "${source}": it may still be configured there`,
    );
  }
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
  { connectionOf }: AbandonedOptions,
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
  const locationKey = providerName(source);
  for (let start = 0; start < refs.length; start += REMOVALS_AT_ONCE) {
    signal.throwIfAborted();
    await connection.applyMutation({
      type: 'delta',
      added: [],
      removed: refs
        .slice(start, start + REMOVALS_AT_ONCE)
        .map(({ entityRef }) => ({ entityRef, locationKey })),
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
