import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 100;
/** The pause after an attempt, as a multiple of its duration, so that waiting causes little load. */
const PAUSE_FACTOR = 3;
/** A busy machine may take minutes; a test that fails says so late rather than wrongly. */
const LIMIT_MS = 240_000;

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
      const restMs = Math.max(STEP_MS, PAUSE_FACTOR * (Date.now() - since));
      await sleep(Math.min(restMs, left + 1));
    }
  }
}
