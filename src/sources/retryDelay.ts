const BASE_MS = 500;
const MAX_MS = 30_000;

/**
 * How long to wait before the next try, in milliseconds: random between 500 ms
 * and three times the wait before, at most 30 s ("decorrelated jitter", Brooker,
 * "Exponential Backoff And Jitter", 2015).
 */
export function retryDelay(options: {
  /** The wait before; without one, this is the first. */
  previousMs?: number;
  /** A number from 0 to 1; `Math.random` outside tests. */
  random: () => number;
}): number {
  const { previousMs = BASE_MS, random } = options;
  const highest = previousMs * 3;
  return Math.min(MAX_MS, Math.round(BASE_MS + random() * (highest - BASE_MS)));
}
