import { setTimeout } from 'node:timers/promises';
import { SourceError } from '../../lib/errors';

const BASE_MS = 500;
const MAX_MS = 30_000;

/**
 * How long to wait before the next try, in milliseconds: random between 500 ms
 * and three times the wait before, at most 30 s ("decorrelated jitter", Brooker,
 * "Exponential Backoff And Jitter", 2015).
 */
function retryDelay(options: {
  /** The wait before; without one, this is the first. */
  previousMs?: number;
  /** A number from 0 to 1; `Math.random` outside tests. */
  random: () => number;
}): number {
  const { previousMs = BASE_MS, random } = options;
  const highest = previousMs * 3;
  return Math.min(MAX_MS, Math.round(BASE_MS + random() * (highest - BASE_MS)));
}

/** Waits, or throws the reason of the signal. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const sleepUnlessAborted: Sleep = async (ms, signal) => {
  signal.throwIfAborted();
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};

/** What may be gone at the next try (RFC 9110, section 15; RFC 6585, section 4). */
const PASSING_STATUSES = [408, 429];

/** Of those from 500 on, which gateways add to (520 to 527, 598), what will not be. */
const LASTING_STATUSES = [501, 505];

export interface RetryOptions {
  /** Tries after the first. */
  retries: number;
  /** Milliseconds since 1970 beyond which no wait may reach. */
  deadline: number;
  signal: AbortSignal;
  now: () => Date;
  random: () => number;
  sleep: Sleep;
}

/**
 * Runs something again that failed in passing, as long as there are tries left
 * and the wait ends before the deadline. A server that asks for a longer wait
 * gets it; where that does not fit, its error is thrown at once, so that the
 * caller can come back later.
 */
export async function withRetries<T>(
  options: RetryOptions,
  run: () => Promise<T>,
): Promise<T> {
  const { retries, deadline, signal, now, random, sleep } = options;
  let previousMs: number | undefined;
  for (let retry = 0; ; retry++) {
    try {
      return await run();
    } catch (error) {
      if (retry >= retries || signal.aborted || !isPassing(error)) {
        throw error;
      }
      previousMs = retryDelay({ previousMs, random });
      const waitMs = Math.max(previousMs, error.retryAfterMs ?? 0);
      if (now().getTime() + waitMs >= deadline) {
        throw error;
      }
      await sleep(waitMs, signal);
    }
  }
}

/** Whether a request that failed so may succeed when it is repeated. */
export function isPassing(error: unknown): error is SourceError {
  if (!(error instanceof SourceError)) {
    return false;
  }
  const { code, status, cause, retryAfterMs } = error;
  if (code === 'status') {
    return (
      PASSING_STATUSES.includes(status!) ||
      (status! >= 500 && !LASTING_STATUSES.includes(status!)) ||
      // A rate limit by another name; a 403 for good asks for no wait.
      (status === 403 && retryAfterMs !== undefined)
    );
  }
  // What could not be sent at all has no cause, and would fail again.
  return code === 'timeout' || (code === 'network' && cause !== undefined);
}
