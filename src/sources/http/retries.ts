import { setTimeout } from 'node:timers/promises';
import { SourceError } from '../../lib/errors';

const BASE_MS = 500;
const MAX_MS = 30_000;

/** Waits, or throws the reason of the signal. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface RetryOptions {
  /** Tries after the first. */
  retries: number;
  /** Milliseconds since 1970 beyond which no wait may reach. */
  deadline: number;
  signal: AbortSignal;
  now: () => Date;
  /** A number from 0 to 1. */
  random: () => number;
  sleep: Sleep;
}

/**
 * Retries a transient failure, while there are tries left and the wait ends
 * before the deadline. A server that asks for a longer wait gets it. If that
 * does not fit, its error is thrown at once, so that the caller can come back
 * later.
 */
export async function withRetries<T>(
  options: RetryOptions,
  run: () => Promise<T>,
): Promise<T> {
  const { retries, deadline, signal, now, random, sleep } = options;
  let delayMs = BASE_MS;
  for (let retry = 0; ; retry++) {
    try {
      return await run();
    } catch (error) {
      if (retry >= retries || signal.aborted || !isTransient(error)) {
        throw error;
      }
      delayMs = nextDelay(delayMs, random);
      const waitMs = Math.max(delayMs, error.retryAfterMs ?? 0);
      if (now().getTime() + waitMs >= deadline) {
        throw error;
      }
      await sleep(waitMs, signal);
    }
  }
}

/**
 * Random between 500 ms and three times the delay before, at most 30 s
 * ("decorrelated jitter", Brooker, "Exponential Backoff And Jitter", 2015).
 */
function nextDelay(previousMs: number, random: () => number): number {
  const range = previousMs * 3 - BASE_MS;
  return Math.min(MAX_MS, Math.round(BASE_MS + random() * range));
}

/** These may succeed at the next try (RFC 9110, section 15; RFC 6585, section 4). */
const TRANSIENT_STATUSES = [408, 429];

/** From 500 on, only these will not. Gateways add statuses of their own (520 to 527, 598). */
const PERMANENT_STATUSES = [501, 505];

/** Whether the same request may succeed when it is repeated. */
export function isTransient(error: unknown): error is SourceError {
  if (!(error instanceof SourceError)) {
    return false;
  }
  const { code, status = 0, cause, retryAfterMs } = error;
  if (code === 'status') {
    return (
      TRANSIENT_STATUSES.includes(status) ||
      (status >= 500 && !PERMANENT_STATUSES.includes(status)) ||
      // A rate limit by another name. A permanent 403 asks for no wait.
      (status === 403 && retryAfterMs !== undefined)
    );
  }
  // A request that could not be sent at all has no cause, and would fail again.
  return code === 'timeout' || (code === 'network' && cause !== undefined);
}

export const sleepUnlessAborted: Sleep = (ms, signal) =>
  setTimeout(ms, undefined, { signal }).catch(() => {
    throw signal.reason;
  });
