import { CustomErrorBase } from '@backstage/errors';
import type { Run, SyncStore } from './database/SyncStore';

/** Another replica has the lease by now: this run stops, and says nothing about the source. */
export class LeaseLostError extends CustomErrorBase {
  name = 'LeaseLostError' as const;
}

/** Short, so that a source is not stuck for long after its pod died. */
export const LEASE_TTL_MS = 30_000;

/**
 * Opens a run, which is the lease of its source, and does `work`; gives
 * undefined where another run of the source is under way, on whichever replica.
 * The lease is kept alive meanwhile; once it is lost, the signal that `work`
 * was given is aborted. Whoever works closes the run.
 */
export async function withLease<T>(options: {
  store: SyncStore;
  run: Run;
  now: () => Date;
  signal: AbortSignal;
  work: (signal: AbortSignal) => Promise<T>;
}): Promise<{ result: T } | undefined> {
  const { store, run, now } = options;
  const lease = () => ({ ttlMs: LEASE_TTL_MS, now: now() });
  if (!(await store.beginRun(run, lease()))) {
    return undefined;
  }
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    store.renewLease(run.id, lease()).then(
      kept => kept || lost.abort(leaseLost(run)),
      // The database may be back before the lease runs out.
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

function leaseLost({ id, source }: Run): Error {
  return new LeaseLostError(
    `The lease of source "${source}" went to another replica; run ${id} stops`,
  );
}
