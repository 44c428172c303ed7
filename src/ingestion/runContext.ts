import type { LoggerService } from '@backstage/backend-plugin-api';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import type { Limit } from 'p-limit';
import type { SourceSettings } from '../config/settings';
import type { RecordSource } from '../sources/RecordSource';
import {
  beginRun,
  LEASE_TTL_MS,
  LeaseLostError,
  renewLease,
  type Run,
  type SourceState,
} from './database/runs';
import type { Shape } from './fingerprint';
import type { RecordParts } from './mapRecord';

/** What every run of a source works with. */
export interface SyncOptions extends RecordParts {
  knex: Knex;
  settings: SourceSettings;
  /** What shapes entities beyond the settings. */
  shape?: Shape;
  source: RecordSource;
  /** Limits the catalog mutations in flight, over all sources of the process. */
  mutations: Limit;
  logger: LoggerService;
  now: () => Date;
  random: () => number;
}

/** What one run works with. */
export interface RunContext extends SyncOptions {
  run: Run;
  /** The source's state when the run took the lease. */
  state: SourceState;
  fingerprint: string;
  connection: EntityProviderConnection;
  signal: AbortSignal;
}

/**
 * Opens a run, which is the lease of its source, and does `work`; returns
 * undefined where another run of the source is under way, on whichever replica.
 * The lease is kept alive meanwhile; once it is lost, the signal that `work`
 * was given is aborted. `work` closes the run.
 */
export async function withLease<T>(options: {
  knex: Knex;
  run: Run;
  now: () => Date;
  signal: AbortSignal;
  work: (signal: AbortSignal) => Promise<T>;
}): Promise<{ result: T } | undefined> {
  const { knex, run, now } = options;
  if (!(await beginRun({ knex, run, now: now() }))) {
    return undefined;
  }
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    renewLease({ knex, run, now: now() }).then(
      kept => kept || lost.abort(leaseLost(run)),
      // The database may be back before the lease expires.
      () => undefined,
    );
  }, LEASE_TTL_MS / 3);
  try {
    const signal = AbortSignal.any([options.signal, lost.signal]);
    return { result: await options.work(signal) };
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Renews the lease right before a mutation: the catalog takes a mutation from
 * anybody, also from a run that has lost its lease.
 */
export async function assertLease({
  knex,
  run,
  signal,
  now,
}: Pick<RunContext, 'knex' | 'run' | 'signal' | 'now'>): Promise<void> {
  signal.throwIfAborted();
  if (!(await renewLease({ knex, run, now: now() }))) {
    throw leaseLost(run);
  }
}

function leaseLost({ id, source }: Run): Error {
  return new LeaseLostError(
    `The lease of source "${source}" went to another replica; run "${id}" stops`,
  );
}
