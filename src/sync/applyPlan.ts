import type { DeferredEntity } from '@backstage/plugin-catalog-node';
import { setImmediate } from 'node:timers/promises';
import { LeaseLostError } from '../model/errors';
import { providerName } from '../model/keys';
import type { Contribution } from '../model/sync';
import { inChunks } from '../model/inChunks';
import type { SyncPlan } from './planTypes';
import type { RunContext } from './syncContext';
import { LEASE_TTL_MS } from './withLease';

interface ApplyOptions {
  plan?: Pick<SyncPlan, 'upserts' | 'removals'>;
  /** Whether all of the source's entities are applied, changed or not. */
  full: boolean;
  /** What the catalog has of the source, and our tables know nothing of. */
  strays?: string[];
  /** Location keys of entities that the catalog does not have under the source's own. */
  adopted: ReadonlyMap<string, string>;
}

/**
 * Gives a plan to the catalog: all of the source's entities in a full
 * mutation, what changed in deltas (additions first), or no call at all.
 *
 * A full mutation removes whatever it lacks, past every guard. So where the
 * catalog has strays that stay, all entities go into deltas instead.
 */
export async function applyPlan(
  context: RunContext,
  options: ApplyOptions,
): Promise<void> {
  const { plan, full, strays = [] } = options;
  const { connection } = context;
  const removals = plan?.removals ?? [];
  const handled = refsOf(plan);
  if (full && strays.every(ref => handled.has(ref))) {
    const entities: DeferredEntity[] = [];
    for await (const batch of allEntities(context, options)) {
      entities.push(...batch);
    }
    await assertMayApply(context);
    await connection.applyMutation({ type: 'full', entities });
    return;
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
  const keyOf = keyReader(context, options);
  for (const chunk of inChunks(removals)) {
    await assertMayApply(context);
    await connection.applyMutation({
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
function refsOf({
  upserts = [],
  removals = [],
}: Partial<NonNullable<ApplyOptions['plan']>> = {}): Set<string> {
  return new Set([...removals, ...upserts.map(c => c.entityRef)]);
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
