import type { DeferredEntity } from '@backstage/plugin-catalog-node';
import { setImmediate } from 'node:timers/promises';
import { abortable } from '../lib/abort';
import { inChunks } from '../lib/inChunks';
import { providerName } from '../lib/keys';
import {
  applyBatches,
  batchSize,
  MOST,
  MUTATIONS_AT_ONCE,
  OF_ALL_AT_ONCE,
} from './applyBatches';
import { confirmApplied } from './confirmApplied';
import type { Contribution, StoredRecords } from './database/SyncStore';
import type { SyncPlan } from './planTypes';
import type { RunContext } from './runContext';
import { LEASE_TTL_MS, LeaseLostError } from './withLease';

interface ApplyOptions {
  plan?: Pick<SyncPlan, 'upserts' | 'removals'>;
  /** Whether all of the source's entities are applied, changed or not. */
  full: boolean;
  /** Location keys of entities that the catalog does not have under the source's own. */
  adopted: ReadonlyMap<string, string>;
}

/**
 * Carries a plan out, or makes no call at all where there is nothing to change.
 * Gives what of the plan the catalog took.
 *
 * Additions come first, so that what is called otherwise now leaves its old
 * name only once it has the new one.
 */
export async function applyPlan(
  context: RunContext,
  options: ApplyOptions & { plan: SyncPlan; stored: StoredRecords },
): Promise<SyncPlan> {
  const { plan, stored, adopted } = options;
  await applyEntities(context, options);
  const confirmed = await confirmApplied({
    ...context,
    source: context.settings.name,
    plan,
    stored,
    adopted,
  });
  await applyRemovals(context, { ...options, plan: confirmed });
  return confirmed;
}

/**
 * Applies what a plan adds and changes, or all entities of the source.
 *
 * Always in deltas: a full mutation removes whatever it lacks, past every guard
 * and whether or not the catalog takes what it has, and wants all entities in
 * memory at once.
 */
export async function applyEntities(
  context: RunContext,
  options: ApplyOptions,
): Promise<void> {
  const added = options.full
    ? allEntities(context, options)
    : deferAll(context, options);
  await applyBatches({
    batches: added,
    slots: context.mutations,
    atOnce: options.full ? OF_ALL_AT_ONCE : MUTATIONS_AT_ONCE,
    signal: context.signal,
    apply: async batch => {
      if (batch.length > 0) {
        await assertMayApply(context);
        await context.connection.applyMutation({
          type: 'delta',
          added: batch,
          removed: [],
        });
      }
    },
  });
}

async function applyRemovals(
  context: RunContext,
  options: ApplyOptions & { plan: Pick<SyncPlan, 'removals'> },
): Promise<void> {
  const keyOf = keyReader(context, options);
  for (const chunk of inChunks(options.plan.removals)) {
    await assertMayApply(context);
    await abortable(
      context.connection.applyMutation({
        type: 'delta',
        added: [],
        removed: chunk.map(entityRef => ({
          entityRef,
          locationKey: keyOf(entityRef),
        })),
      }),
      context.signal,
    );
    await setImmediate();
  }
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
  const { upserts = [] } = options.plan ?? {};
  for (const batch of inChunks(upserts, batchSize(upserts.length))) {
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
  const { upserts = [], removals = [] } = options.plan ?? {};
  const replaced = new Set([...removals, ...upserts.map(c => c.entityRef)]);
  const defer = deferrer(context, options);
  for await (const stored of await store.readEntities(settings.name)) {
    const kept = stored.filter(({ entityRef }) => !replaced.has(entityRef));
    for (const batch of inChunks(kept, MOST)) {
      yield batch.map(defer);
    }
  }
  yield* deferAll(context, options);
}
