import { ConflictError } from '@backstage/errors';
import { providerName } from '../model/keys';
import type { StoredSource } from '../model/sync';
import type { SyncPlan } from './planTypes';
import type { RunContext } from './syncContext';
import { LEASE_TTL_MS } from './withLease';

/**
 * Gives a plan to the catalog: all of the source's entities in a full
 * mutation, what changed in a delta, or no call at all.
 */
export async function applyPlan(
  context: RunContext,
  options: { plan?: SyncPlan; stored: StoredSource; full: boolean },
): Promise<void> {
  const { plan, stored, full } = options;
  const locationKey = providerName(context.settings.name);
  const deferred = (text: string) => ({
    entity: JSON.parse(text),
    locationKey,
  });
  if (full) {
    await assertMayApply(context);
    await context.connection.applyMutation({
      type: 'full',
      entities: [...entitiesAfter(stored, plan).values()].map(deferred),
    });
  } else if (plan && (plan.upserts.length || plan.removals.length)) {
    await assertMayApply(context);
    await context.connection.applyMutation({
      type: 'delta',
      added: plan.upserts.map(({ entity }) => deferred(entity)),
      removed: plan.removals.map(entityRef => ({ entityRef, locationKey })),
    });
  }
}

/** The catalog takes a mutation from anybody, so look once more before giving it one. */
async function assertMayApply(context: RunContext): Promise<void> {
  const { signal, store, settings, run, now } = context;
  signal.throwIfAborted();
  const mine = await store.renewLease({
    source: settings.name,
    holder: run.id,
    ttlMs: LEASE_TTL_MS,
    now: now(),
  });
  if (!mine) {
    throw new ConflictError(
      `Run ${run.id} of source "${settings.name}" lost its lease and applies nothing`,
    );
  }
}

/** Canonical JSON by ref, of all that the source has once the plan is carried out. */
function entitiesAfter(
  stored: StoredSource,
  plan: SyncPlan | undefined,
): Map<string, string> {
  const entities = new Map<string, string>();
  for (const contribution of [...stored.contributions.values()].flat()) {
    entities.set(contribution.entityRef, contribution.entity);
  }
  for (const { entityRef, entity } of plan?.upserts ?? []) {
    entities.set(entityRef, entity);
  }
  for (const ref of plan?.removals ?? []) {
    entities.delete(ref);
  }
  return entities;
}
