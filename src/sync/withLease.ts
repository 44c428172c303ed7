import { LeaseLostError } from '../model/errors';
import type { SyncStore } from '../model/sync';

/** Short, so that a source is not stuck for long after its pod died. */
export const LEASE_TTL_MS = 30_000;

/**
 * Runs `work` while holding a source's lease, or gives undefined where
 * another replica holds it. The lease is kept alive meanwhile; once it is lost,
 * the signal that `work` was given is aborted.
 */
export async function withLease<T>(options: {
  store: SyncStore;
  source: string;
  holder: string;
  now: () => Date;
  signal: AbortSignal;
  work: (signal: AbortSignal) => Promise<T>;
}): Promise<{ result: T } | undefined> {
  const { store, source, holder, now } = options;
  const lease = () => ({ source, holder, ttlMs: LEASE_TTL_MS, now: now() });
  if (!(await store.acquireLease(lease()))) {
    return undefined;
  }
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    store.renewLease(lease()).then(
      kept => kept || lost.abort(leaseLost(source)),
      // The database may be back before the lease runs out.
      () => undefined,
    );
  }, LEASE_TTL_MS / 3);
  try {
    const signal = AbortSignal.any([options.signal, lost.signal]);
    return { result: await options.work(signal) };
  } finally {
    clearInterval(heartbeat);
    // One that cannot be given back runs out by itself.
    await store.releaseLease({ source, holder }).catch(() => undefined);
  }
}

function leaseLost(source: string): Error {
  return new LeaseLostError(
    `The lease of source "${source}" went to another replica; this run stops`,
  );
}
