import { SourceError } from './errors';

/**
 * How long to wait after a number of failures in a row, in milliseconds. The
 * initial delay doubles with each further failure, up to the maximum. The upper
 * half of it is random ("equal jitter", Brooker, "Exponential Backoff And
 * Jitter", 2015).
 */
export function backoffDelay(options: BackoffOptions): number {
  const { failures, backoff, random } = options;
  const exponent = Math.min(Math.max(failures - 1, 0), 52);
  const ceiling = Math.min(backoff.maxMs, backoff.initialMs * 2 ** exponent);
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}

/** How long to wait after a failure: the delay, or longer if the server asked for that. */
export function retryDelay(error: unknown, options: BackoffOptions): number {
  const askedMs = error instanceof SourceError ? error.retryAfterMs ?? 0 : 0;
  return Math.max(askedMs, backoffDelay(options));
}

interface BackoffOptions {
  failures: number;
  backoff: { initialMs: number; maxMs: number };
  /** Gives a number from 0 to 1. */
  random: () => number;
}
