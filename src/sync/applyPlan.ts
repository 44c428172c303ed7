import { LeaseLostError } from '../model/errors';
import { providerName } from '../model/keys';
import type { StoredSource } from '../model/sync';
import type { SyncPlan } from './planTypes';
import type { RunContext } from './syncContext';
import { LEASE_TTL_MS } from './withLease';

/**
 * Gives a plan to the catalog: all of the source's entities in a full
 * mutation, what changed in a delta, or no call at all.
 *
 * A full mutation removes whatever it lacks, past every guard. So where the
 * catalog has strays that stay, all entities go into a delta instead.
 */
export async function applyPlan(
  context: RunContext,
  options: {
    plan?: SyncPlan;
    stored: StoredSource;
    full: boolean;
    strays?: string[];
  },
): Promise<void> {
  const { plan, stored, full, strays = [] } = options;
  const locationKey = providerName(context.settings.name);
  const deferred = (text: string) => ({
    entity: JSON.parse(text),
    locationKey,
  });
  const removals = plan?.removals ?? [];
  const delta = (added: string[]) => ({
    type: 'delta' as const,
    added: added.map(deferred),
    removed: removals.map(entityRef => ({ entityRef, locationKey })),
  });
  if (full) {
    const entities = entitiesAfter(stored, plan);
    const stay = strays.some(
      ref => !entities.has(ref) && !removals.includes(ref),
    );
    const all = [...entities.values()];
    await assertMayApply(context);
    await context.connection.applyMutation(
      stay ? delta(all) : { type: 'full', entities: all.map(deferred) },
    );
  } else if (plan && (plan.upserts.length || removals.length)) {
    await assertMayApply(context);
    await context.connection.applyMutation(
      delta(plan.upserts.map(({ entity }) => entity)),
    );
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
    throw new LeaseLostError(
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
