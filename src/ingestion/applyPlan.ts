import type { EntityProviderMutation } from '@backstage/plugin-catalog-node';
import { setImmediate } from 'node:timers/promises';
import type { Limit } from 'p-limit';
import { abortable } from '../lib/abort';
import { inChunks } from '../lib/inChunks';
import { providerName } from '../lib/keys';
import {
  type Contribution,
  readEntities,
  type StoredRecords,
} from './database/records';
import { assertLease } from './lease';
import { confirmApplied } from './ownership';
import type { SyncPlan } from './plan';
import type { RunContext } from './runContext';

/**
 * How many mutations a process has in flight. The catalog updates entities one
 * by one, and most of that is waiting for the database, which gives it ten
 * connections by default; other work needs some of these.
 */
export const MAX_MUTATIONS = 4;

/** Where all of a source goes to the catalog, more would hold more memory and save little time. */
const MAX_FULL_MUTATIONS = 2;

const MIN_BATCH = 10;

/** Small enough to stay in V8's young generation. */
const MAX_BATCH = 100;

interface ApplyOptions {
  plan?: Pick<SyncPlan, 'upserts' | 'removals'>;
  /** Whether all of the source's entities are applied, changed or not. */
  full: boolean;
  /** Location keys of entities that the catalog does not have under the source's own. */
  adopted: ReadonlyMap<string, string>;
}

/**
 * Carries a plan out, or makes no call at all where there is nothing to change.
 * Returns what of the plan the catalog took.
 *
 * Additions come first, so that an entity that has another name now loses the
 * old one only once it has the new one.
 */
export async function applyPlan(
  context: RunContext,
  options: ApplyOptions & { plan: SyncPlan; stored: StoredRecords },
): Promise<SyncPlan> {
  await applyEntities(context, options);
  const confirmed = await confirmApplied(context, options);
  const { adopted } = options;
  await applyRemovals(context, { removals: confirmed.removals, adopted });
  return confirmed;
}

/**
 * Applies what a plan adds and changes, or all entities of the source.
 *
 * Always in deltas: a full mutation removes whatever it lacks, past every guard
 * and whether or not the catalog takes what it has, and needs all entities in
 * memory at once.
 */
export async function applyEntities(
  context: RunContext,
  options: ApplyOptions,
): Promise<void> {
  const { plan, full, adopted } = options;
  await applyBatches({
    batches: full ? allEntities(context, plan) : inBatches(plan?.upserts ?? []),
    limit: context.mutations,
    concurrency: full ? MAX_FULL_MUTATIONS : MAX_MUTATIONS,
    signal: context.signal,
    apply: batch =>
      applyDelta(context, {
        added: batch.map(({ entityRef, entity }) => ({
          entity: JSON.parse(entity),
          locationKey: locationKeyOf(context, adopted, entityRef),
        })),
        removed: [],
      }),
  });
}

/** What a mutation needs of its run. */
type ApplyContext = Pick<
  RunContext,
  'knex' | 'connection' | 'run' | 'signal' | 'now'
>;

async function applyDelta(
  context: ApplyContext,
  delta: Omit<Extract<EntityProviderMutation, { type: 'delta' }>, 'type'>,
): Promise<void> {
  await assertLease(context);
  await context.connection.applyMutation({ type: 'delta', ...delta });
  // SQLite answers synchronously, so let other work of the process run.
  await setImmediate();
}

/**
 * Applies batches, as many at once as `concurrency` and the shared limit allow,
 * and reads no further ahead. After a failure no batch begins; the error is
 * thrown once no batch is in flight. A batch that hangs holds its permit, and
 * whoever waits, only until the signal is aborted.
 */
export async function applyBatches<T>(options: {
  batches: AsyncIterable<T[]> | Iterable<T[]>;
  /** Shared by all sources of the process. */
  limit: Limit;
  concurrency: number;
  apply: (batch: T[]) => Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  const { batches, limit, concurrency, apply, signal } = options;
  const failure = new AbortController();
  const fail = (error: unknown) => failure.abort(error);
  const inFlight = new Set<Promise<void>>();

  const applyUnlessFailed = async (batch: T[]) => {
    if (!failure.signal.aborted && !signal.aborted) {
      // Before the permit passes on, so that a failure stops whoever waits for it.
      await abortable(apply(batch), signal).catch(fail);
    }
  };
  const start = (batch: T[]) => {
    const permitted = limit(() => applyUnlessFailed(batch));
    const done = abortable(permitted, signal)
      .catch(fail)
      .finally(() => inFlight.delete(done));
    inFlight.add(done);
  };

  try {
    for await (const batch of batches) {
      if (failure.signal.aborted) {
        break;
      }
      start(batch);
      if (inFlight.size >= concurrency) {
        await Promise.race(inFlight);
      }
    }
  } finally {
    await Promise.all(inFlight);
  }
  failure.signal.throwIfAborted();
}

function inBatches(contributions: Contribution[]): Iterable<Contribution[]> {
  return inChunks(contributions, batchSize(contributions.length));
}

/** How many of so many entities go into one mutation. */
export function batchSize(count: number): number {
  const share = Math.ceil(count / MAX_MUTATIONS);
  return Math.min(MAX_BATCH, Math.max(MIN_BATCH, share));
}

/** All that the source has once the plan is carried out, in batches. */
async function* allEntities(
  { knex, settings }: RunContext,
  plan: ApplyOptions['plan'],
): AsyncGenerator<Contribution[]> {
  const { upserts = [], removals = [] } = plan ?? {};
  const replaced = new Set([...removals, ...upserts.map(c => c.entityRef)]);
  for await (const stored of readEntities({ knex, source: settings.name })) {
    const kept = stored.filter(({ entityRef }) => !replaced.has(entityRef));
    yield* inChunks(kept, MAX_BATCH);
  }
  yield* inBatches(upserts);
}

/** Removes refs of a source from the catalog, in batches. */
export async function applyRemovals(
  context: ApplyContext,
  options: { removals: string[]; adopted: ReadonlyMap<string, string> },
): Promise<void> {
  const { removals, adopted } = options;
  for (const refs of inChunks(removals)) {
    const removed = refs.map(entityRef => ({
      entityRef,
      locationKey: locationKeyOf(context, adopted, entityRef),
    }));
    await abortable(
      applyDelta(context, { added: [], removed }),
      context.signal,
    );
  }
}

/** The key under which the catalog has an entity of the source. */
function locationKeyOf(
  { run }: ApplyContext,
  adopted: ReadonlyMap<string, string>,
  entityRef: string,
): string {
  return adopted.get(entityRef) ?? providerName(run.source);
}
