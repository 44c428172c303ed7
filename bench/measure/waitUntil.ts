import { setTimeout as wait } from 'node:timers/promises';

/** Asks again and again until it is so. */
export async function waitUntil(
  what: string,
  isSo: () => Promise<boolean>,
  options: { everyMs: number; timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new Error(`${what} within ${options.timeoutMs / 1000} s: not so`);
    }
    await wait(options.everyMs);
  }
}
