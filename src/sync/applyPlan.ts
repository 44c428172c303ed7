import type { DeferredEntity } from '@backstage/plugin-catalog-node';
import { setImmediate } from 'node:timers/promises';
import { LeaseLostError } from '../model/errors';
import { providerName } from '../model/keys';
import type { Contribution, StoredRecords } from '../model/sync';
import { inChunks } from '../model/inChunks';
import { confirmApplied } from './confirmApplied';
import type { SyncPlan } from './planTypes';
import type { RunContext } from './syncContext';
import { LEASE_TTL_MS } from './withLease';

interface ApplyOptions {
  plan?: Pick<SyncPlan, 'upserts' | 'removals' | 'counts'>;
  /** Whether all of the source's entities are applied, changed or not. */
  full: boolean;
  /** What the catalog has of the source, and our tables know nothing of. */
  strays?: string[];
  /** Location keys of entities that the catalog does not have under the source's own. */
  adopted: ReadonlyMap<string, string>;
}

/**
 * Carries a plan out: all of the source's entities in a full mutation, what
 * changed in deltas, or no call at all. Gives what of the plan the catalog took.
 *
 * Additions come first, so that what is called otherwise now leaves its old
 * name only once it has the new one.
 */
export async function applyPlan(
  context: RunContext,
  options: ApplyOptions & { plan: SyncPlan; stored: StoredRecords },
): Promise<SyncPlan> {
  const { plan, stored, adopted } = options;
  const isDone = await applyEntities(context, options);
  const confirmed = await confirmApplied({
    ...context,
    source: context.settings.name,
    plan,
    stored,
    adopted,
  });
  if (!isDone) {
    await applyRemovals(context, { ...options, plan: confirmed });
  }
  return confirmed;
}

/**
 * Applies what a plan adds and changes, or all entities of the source; tells
 * whether that removed what the plan removes, too.
 *
 * A full mutation removes whatever it lacks, past every guard, and whether or
 * not the catalog takes what it has. So where the catalog has strays that stay,
 * or names change, all entities go into deltas instead.
 */
export async function applyEntities(
  context: RunContext,
  options: ApplyOptions,
): Promise<boolean> {
  const { plan, full, strays = [] } = options;
  const { connection } = context;
  const handled = refsOf(plan);
  const mayLose = plan && plan.removals.length > 0 && plan.counts.added > 0;
  if (full && !mayLose && strays.every(ref => handled.has(ref))) {
    const entities: DeferredEntity[] = [];
    for await (const batch of allEntities(context, options)) {
      entities.push(...batch);
    }
    await assertMayApply(context);
    await connection.applyMutation({ type: 'full', entities });
    return true;
  }
  const added = full
    ? allEntities(context, options)
    : deferAll(context, options);
  for await (const batch of added) {
    if (batch.length > 0) {
      await assertMayApply(context);
      await connection.applyMutation({
        type: 'delta',
        added: batch,
        removed: [],
      });
    }
  }
  return false;
}

async function applyRemovals(
  context: RunContext,
  options: ApplyOptions & { plan: Pick<SyncPlan, 'removals'> },
): Promise<void> {
  const keyOf = keyReader(context, options);
  for (const chunk of inChunks(options.plan.removals)) {
    await assertMayApply(context);
    await context.connection.applyMutation({
      type: 'delta',
      added: [],
      removed: chunk.map(entityRef => ({
        entityRef,
        locationKey: keyOf(entityRef),
      })),
    });
    await setImmediate();
  }
}

/** What a plan adds, changes or removes. */
function refsOf(plan: ApplyOptions['plan']): Set<string> {
  return new Set([
    ...(plan?.removals ?? []),
    ...(plan?.upserts ?? []).map(c => c.entityRef),
  ]);
}

/** The catalog takes a mutation from anybody, so look once more before giving it one. */
async function assertMayApply(context: RunContext): Promise<void> {
  const { signal, store, settings, run, now } = context;
  signal.throwIfAborted();
  const lease = { ttlMs: LEASE_TTL_MS, now: now() };
  if (!(await store.renewLease(run.id, lease))) {
    throw new LeaseLostError(
      `Run ${run.id} of source "${settings.name}" lost its lease and applies nothing more`,
    );
  }
}

function keyReader(
  { settings }: RunContext,
  { adopted }: ApplyOptions,
): (ref: string) => string {
  const own = providerName(settings.name);
  return ref => adopted.get(ref) ?? own;
}

function deferrer(
  context: RunContext,
  options: ApplyOptions,
): (contribution: Contribution) => DeferredEntity {
  const keyOf = keyReader(context, options);
  return ({ entityRef, entity }) => ({
    entity: JSON.parse(entity),
    locationKey: keyOf(entityRef),
  });
}

/** What a plan adds or changes, in batches between which others have their turn. */
async function* deferAll(
  context: RunContext,
  options: ApplyOptions,
): AsyncGenerator<DeferredEntity[]> {
  const defer = deferrer(context, options);
  for (const batch of inChunks(options.plan?.upserts ?? [])) {
    yield batch.map(defer);
    await setImmediate();
  }
}

/** All that the source has once the plan is carried out, in batches. */
async function* allEntities(
  context: RunContext,
  options: ApplyOptions,
): AsyncGenerator<DeferredEntity[]> {
  const { store, settings } = context;
  const replaced = refsOf(options.plan);
  const defer = deferrer(context, options);
  for await (const batch of await store.readEntities(settings.name)) {
    yield batch.filter(({ entityRef }) => !replaced.has(entityRef)).map(defer);
  }
  yield* deferAll(context, options);
}
