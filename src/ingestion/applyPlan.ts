import type { EntityProviderMutation } from '@backstage/plugin-catalog-node';
import { setImmediate } from 'node:timers/promises';
import type { Limit } from 'p-limit';
import { compareKept } from '../database/catalogTables';
import { abortable } from '../lib/abort';
import { inChunks } from '../lib/inChunks';
import { providerName } from '../lib/keys';
import type { Problem } from '../lib/problem';
import {
  type Contribution,
  readEntities,
  readGivenEntities,
} from './database/records';
import { assertLease } from './lease';
import { type CatalogDifference, describeHolder } from './ownership';
import { type SyncPlan, withoutRefused } from './plan';
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
  plan?: SyncPlan;
  /** Whether all of the source's entities are applied, changed or not. */
  full: boolean;
  /** Missing refs are given again, lost ones are left alone. */
  difference: Pick<CatalogDifference, 'missing' | 'lost'>;
  /** Location keys of entities that the catalog does not have under the source's own. */
  adopted: ReadonlyMap<string, string>;
}

/** What the catalog took. */
interface Applied {
  /** How many entities it has again that somebody had deleted there. */
  restored: number;
  /** Problems with entities that it did not store, and that are not of the plan. */
  unstored: Problem[];
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
  options: ApplyOptions & { plan: SyncPlan },
): Promise<Applied & { plan: SyncPlan }> {
  const { adopted } = options;
  const refused = await applyEntities(context, options);
  const plan = withoutRefused(options.plan, refused);
  await applyRemovals(context, { removals: plan.removals, adopted });
  return { plan, ...whatWasTaken(options, refused) };
}

/** Applies all entities of the source, or those that the catalog lacks, where its list has not changed. */
export async function applyAgain(
  context: RunContext,
  options: Omit<ApplyOptions, 'plan'>,
): Promise<Applied> {
  const refused = await applyEntities(context, options);
  return whatWasTaken(options, refused);
}

function whatWasTaken(
  { plan, difference }: ApplyOptions,
  refused: ReadonlyMap<string, Problem>,
): Applied {
  const { upserts = [], removals = [] } = plan ?? {};
  const planned = new Set(upserts.map(c => c.entityRef));
  const absent = new Set([...removals, ...refused.keys()]);
  return {
    restored: difference.missing.filter(ref => !absent.has(ref)).length,
    unstored: [...refused.values()].filter(
      ({ entityRef = '' }) => !planned.has(entityRef),
    ),
  };
}

/**
 * Returns the problem with each entity that the catalog refused.
 *
 * Always in deltas: a full mutation removes whatever it lacks, past every guard
 * and whether or not the catalog takes what it has, and needs all entities in
 * memory at once.
 */
async function applyEntities(
  context: RunContext,
  options: ApplyOptions,
): Promise<Map<string, Problem>> {
  const { plan, full } = options;
  const upserts = plan?.upserts ?? [];
  const confirming = { ...options, refused: new Map<string, Problem>() };
  const apply = (
    batches: AsyncIterable<Contribution[]> | Iterable<Contribution[]>,
  ) =>
    applyBatches({
      batches,
      limit: context.mutations,
      concurrency: full ? MAX_FULL_MUTATIONS : MAX_MUTATIONS,
      signal: context.signal,
      // One batch is confirmed while the catalog works on another.
      apply: async batch => {
        await give(context, options, batch);
        await confirm(context, confirming, batch);
      },
    });
  await apply(storedBatches(context, options));
  await apply(inChunks(upserts, batchSize(upserts.length)));
  return confirming.refused;
}

function give(
  context: RunContext,
  { adopted }: Pick<ApplyOptions, 'adopted'>,
  batch: Contribution[],
): Promise<void> {
  const added = batch.map(({ entityRef, entity }) => ({
    entity: JSON.parse(entity),
    locationKey: locationKeyOf(context, adopted, entityRef),
  }));
  return applyDelta(context, { added, removed: [] });
}

interface ConfirmOptions extends Pick<ApplyOptions, 'adopted'> {
  /** Gets the problem with each entity that the catalog refused. */
  refused: Map<string, Problem>;
}

/**
 * Looks what the catalog keeps of what it was given. It resolves a mutation
 * although its database refused an update, and on PostgreSQL the rest of the
 * delta is lost with that. So each entity that it does not have as given is
 * given once more, alone.
 *
 * A ref that somebody else took first is refused with no more than a line in
 * the catalog's log.
 */
async function confirm(
  context: RunContext,
  options: ConfirmOptions,
  given: Contribution[],
): Promise<void> {
  const { adopted, refused } = options;
  const kept = await compareKept({
    knex: context.knex,
    entities: new Map(given.map(c => [c.entityRef, c.entity])),
  });
  for (const contribution of given) {
    const { entityRef } = contribution;
    const found = kept.get(entityRef);
    const locationKey = locationKeyOf(context, adopted, entityRef);
    if (found && found.locationKey !== locationKey) {
      refused.set(entityRef, takenProblem(contribution, found.locationKey));
    } else if (!found?.isSame && given.length > 1) {
      await abortable(give(context, options, [contribution]), context.signal);
      await confirm(context, options, [contribution]);
    } else if (!found?.isSame) {
      refused.set(entityRef, notStoredProblem(contribution));
    }
  }
}

function takenProblem(
  { recordId, entityRef }: Contribution,
  locationKey: string | null,
): Problem {
  return {
    code: 'ref-taken',
    severity: 'error',
    recordId,
    entityRef,
    message:
      `The catalog did not take "${entityRef}" of record "${recordId}": ` +
      `${describeHolder(
        locationKey,
      )} has it. Give one of them another name or namespace.`,
  };
}

function notStoredProblem({ recordId, entityRef }: Contribution): Problem {
  return {
    code: 'not-stored',
    severity: 'error',
    recordId,
    entityRef,
    message:
      `The catalog did not store "${entityRef}" of record "${recordId}"; ` +
      `look for "Failed to add" in its log. The next run gives it again`,
  };
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
  const { limit, concurrency, apply, signal } = options;
  const batches = each(options.batches);
  const failure = new AbortController();
  const fail = (error: unknown) => failure.abort(error);
  const stop = AbortSignal.any([signal, failure.signal]);
  const applyNext = async () => {
    for await (const batch of batches) {
      const permitted = limit(async () => {
        stop.throwIfAborted();
        // Before the permit passes on, so that a failure stops whoever waits for it.
        await abortable(apply(batch), signal).catch(fail);
      });
      await abortable(permitted, signal);
      stop.throwIfAborted();
    }
  };
  await Promise.all(
    Array.from({ length: concurrency }, () => applyNext().catch(fail)),
  );
  failure.signal.throwIfAborted();
}

async function* each<T>(batches: AsyncIterable<T> | Iterable<T>) {
  yield* batches;
}

/** How many of so many entities go into one mutation. */
export function batchSize(count: number): number {
  const share = Math.ceil(count / MAX_MUTATIONS);
  return Math.min(MAX_BATCH, Math.max(MIN_BATCH, share));
}

/** What the catalog is to have again, or all, but for what the plan changes and what others have. */
async function* storedBatches(
  { knex, settings }: RunContext,
  { plan, full, difference }: ApplyOptions,
): AsyncGenerator<Contribution[]> {
  const source = settings.name;
  const { missing, lost } = difference;
  const { upserts = [], removals = [] } = plan ?? {};
  const leftOut = new Set([
    ...removals,
    ...upserts.map(c => c.entityRef),
    ...lost.keys(),
  ]);
  const entities = full
    ? readEntities({ knex, source })
    : readGiven({ knex, source, entityRefs: missing });
  for await (const stored of entities) {
    const kept = stored.filter(({ entityRef }) => !leftOut.has(entityRef));
    yield* inChunks(kept, MAX_BATCH);
  }
}

async function* readGiven(
  options: Parameters<typeof readGivenEntities>[0],
): AsyncGenerator<Contribution[]> {
  for (const entityRefs of inChunks(options.entityRefs)) {
    const given = await readGivenEntities({ ...options, entityRefs });
    yield [...given].map(([entityRef, entity]) => ({
      ...entity,
      entityRef,
      hash: '',
    }));
  }
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
