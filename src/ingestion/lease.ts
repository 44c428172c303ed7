import type { Knex } from 'knex';
import {
  beginRun,
  LEASE_TTL_MS,
  LeaseLostError,
  renewLease,
  type Run,
} from './database/runs';
import type { RunContext } from './runContext';

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
