/*
 * Which sources there are, configured or not, and what operators do with them:
 * start a run, sync one record, pause and resume.
 */
import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
  toError,
} from '@backstage/errors';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import type { SourceSettings } from '../../config/source';
import { RetryLaterError, SourceError } from '../../lib/errors';
import type { SourceSync } from '../SourceSync';
import { setSourcePaused } from '../database/planDecisions';
import { endBackoff, LeaseLostError } from '../database/runs';
import { pollGapMs } from '../schedules';

export interface SourcesContext {
  knex: Knex;
  /** The sources that are configured and in order, by name. */
  syncs: Map<string, SourceSync>;
  /** Why the other configured sources do nothing, by name. */
  misconfigured: Map<string, string>;
  /** The connection of a source's provider; sources that were removed have one too. */
  connectionOf: (source: string) => EntityProviderConnection | undefined;
  logger: LoggerService;
  now: () => Date;
  shutdown: AbortSignal;
}

export type KnownSource =
  | { type: 'configured'; name: string; settings: SourceSettings }
  | { type: 'misconfigured'; name: string; reason: string }
  /** No longer in the configuration, but still in the tables. */
  | { type: 'unconfigured'; name: string };

/** All sources by name, configured or not. */
export async function listKnownSources({
  knex,
  syncs,
  misconfigured,
}: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured'>): Promise<
  KnownSource[]
> {
  const stored: string[] = await knex('custom_data_sources').pluck('source');
  const known: KnownSource[] = [
    ...[...syncs].map(([name, { settings }]) => ({
      type: 'configured' as const,
      name,
      settings,
    })),
    ...[...misconfigured].map(([name, reason]) => ({
      type: 'misconfigured' as const,
      name,
      reason,
    })),
    ...stored
      .filter(name => !syncs.has(name) && !misconfigured.has(name))
      .map(name => ({ type: 'unconfigured' as const, name })),
  ];
  return known.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Throws a `NotFoundError` for a source that neither the configuration nor the tables know. */
export async function findSource(
  context: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured'>,
  source: string,
): Promise<KnownSource> {
  const known = await listKnownSources(context);
  const found = known.find(({ name }) => name === source);
  if (!found) {
    throw new NotFoundError(`There is no source "${source}"`);
  }
  return found;
}

interface SyncRequest {
  source: string;
  /** Whether to ask the source in spite of its back-off. */
  force?: boolean;
}

/** Starts a run over the list without waiting for its end; returns the id of the run. */
export async function startRun(
  context: SourcesContext,
  request: SyncRequest,
): Promise<string> {
  const sync = await findPolled(context, request);
  await withHttpErrors(() => sync.assertMayPoll());
  return new Promise((onBegun, reject) => {
    sync
      .poll({ kind: 'manual', signal: signalOf(context, sync), onBegun })
      .then(() => {
        throw new ConflictError(
          `Source "${request.source}" is busy with another run`,
        );
      })
      // A run that has begun logs its failure itself, and rejects nothing here.
      .catch(reject);
  });
}

/** Syncs one record; throws a `NotFoundError` where the source does not have it. */
export async function syncRecord(
  context: SourcesContext,
  { recordId, ...request }: SyncRequest & { recordId: string },
): Promise<string | undefined> {
  const sync = await findPolled(context, request);
  let runId: string | undefined;
  const outcome = await withHttpErrors(() =>
    sync.syncRecord({
      recordId,
      signal: signalOf(context, sync),
      onBegun: id => {
        runId = id;
      },
    }),
  );
  if (outcome === 'not-found') {
    throw new NotFoundError(
      `Source "${request.source}" has no record "${recordId}" (run "${runId}"); what the catalog has of it stays`,
    );
  }
  return runId;
}

/**
 * Pauses a source in the name of `by`. If that is undefined, resumes it, ends its
 * back-off, and has it polled soon if it is polled by a schedule.
 */
export async function pauseSource(
  context: SourcesContext,
  options: { source: string; by: string | undefined },
): Promise<void> {
  const { knex, now } = context;
  const { source, by } = options;
  assertPausable(await findSource(context, source));
  const paused = by === undefined ? undefined : { by, at: now() };
  await setSourcePaused({ knex, source, paused });
  if (paused) {
    return;
  }
  await endBackoff({ knex, source, now: now() });
  const sync = context.syncs.get(source);
  // After a long pause, the next run of the schedule may be far.
  if (sync?.settings.poll && pollGapMs(sync.settings, now()) > 0) {
    await withHttpErrors(() => sync.requestList());
  }
}

function assertPausable(source: KnownSource): void {
  if (source.type !== 'configured') {
    throw new ConflictError(
      `Source "${source.name}" does nothing as it is: it is ${source.type}`,
    );
  }
  if (source.settings.paused) {
    throw new ConflictError(
      `Source "${source.name}" is paused by its key "paused" in the configuration`,
    );
  }
}

/** The sync of a source whose list is polled, its back-off ended where that is asked for. */
export async function findPolled(
  context: SourcesContext,
  { source, force }: SyncRequest,
): Promise<SourceSync> {
  const { knex, now } = context;
  const known = await findSource(context, source);
  const sync = context.syncs.get(source);
  if (!sync) {
    throw new ConflictError(
      `Source "${source}" does nothing: it is ${known.type}`,
    );
  }
  if (!sync.settings.poll) {
    throw new ConflictError(
      `Source "${source}" only serves locations: its key "poll" is false`,
    );
  }
  if (force) {
    await endBackoff({ knex, source, now: now() });
  }
  return sync;
}

/** Aborts on shutdown, and after the time that one run may take. */
export function signalOf(
  { shutdown }: SourcesContext,
  { timeoutMs }: SourceSync,
): AbortSignal {
  return AbortSignal.any([shutdown, AbortSignal.timeout(timeoutMs)]);
}

/** Throws a 409 for a source that is busy or backs off, and a 503 for one that does not answer. */
export async function withHttpErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RetryLaterError || error instanceof LeaseLostError) {
      throw new ConflictError(error.message);
    }
    if (error instanceof SourceError || isTimeout(error)) {
      throw new ServiceUnavailableError(toError(error).message);
    }
    throw error;
  }
}

/** The error that a signal of `AbortSignal.timeout` throws. */
function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
