import { abortable } from '../lib/abort';
import type { Slots } from '../lib/limits';

/**
 * How many mutations a process has going on at once. The catalog updates
 * entities one by one, and most of that is waiting for the database; it has ten
 * connections by default, which what else goes on needs too.
 */
export const MUTATIONS_AT_ONCE = 4;

/** So many, where all of a source goes to the catalog: more hold memory for longer than they save time. */
export const OF_ALL_AT_ONCE = 2;

/** Fewer are not worth a transaction of their own. */
const LEAST = 10;

/** So few that most of them are gone from memory before they count as old there. */
export const MOST = 100;

/** How many of so many go into one mutation. */
export function batchSize(count: number): number {
  const share = Math.ceil(count / MUTATIONS_AT_ONCE);
  return Math.min(MOST, Math.max(LEAST, share));
}

/**
 * Applies batches side by side, as far as there are slots, and takes no more of
 * them than that. After a failure none is begun; it is thrown once none goes on
 * any longer. One that hangs keeps its slot, and whoever waits, only until the
 * signal is aborted.
 */
export async function applyBatches<T>(options: {
  batches: AsyncIterable<T[]>;
  slots: Slots;
  /** How many go on at once, if there are slots. */
  atOnce: number;
  apply: (batch: T[]) => Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  const { batches, slots, atOnce, apply, signal } = options;
  const goingOn = new Set<Promise<void>>();
  let hasFailed = false;

  const applyUnlessFailed = async (batch: T[]) => {
    if (hasFailed || signal.aborted) {
      return;
    }
    try {
      await abortable(apply(batch), signal);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  const begin = (batch: T[]) =>
    abortable(
      slots(() => applyUnlessFailed(batch)),
      signal,
    );

  try {
    for await (const batch of batches) {
      const begun = begin(batch).then(() => {
        goingOn.delete(begun);
      });
      // It may fail while the next batch is read, when nobody waits for it.
      begun.catch(() => undefined);
      goingOn.add(begun);
      if (hasFailed) {
        break;
      }
      if (goingOn.size >= atOnce) {
        await Promise.race(goingOn);
      }
    }
    await Promise.all(goingOn);
  } finally {
    await Promise.allSettled(goingOn);
  }
}
