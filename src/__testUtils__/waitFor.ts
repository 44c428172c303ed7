import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 100;
/** How much longer than an attempt took is waited for the next, so that waiting is no load. */
const REST = 3;
const LIMIT_MS = 45_000;

/**
 * Waits until `assertion` passes: the catalog processes on its own, by polling.
 * Throws what it threw last.
 */
export async function waitFor<T>(
  assertion: () => Promise<T> | T,
  limitMs: number = LIMIT_MS,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const since = Date.now();
    try {
      return await assertion();
    } catch (error) {
      const left = deadline - Date.now();
      if (left < 0) {
        throw error;
      }
      const restMs = Math.max(STEP_MS, REST * (Date.now() - since));
      await sleep(Math.min(restMs, left + 1));
    }
  }
}
