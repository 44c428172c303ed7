import type { Slots } from '../model/createSlots';

/**
 * How many mutations a process has going on at once. The catalog updates
 * entities one by one, and most of that is waiting for the database; it has ten
 * connections by default, which what else goes on needs too.
 */
export const MUTATIONS_AT_ONCE = 4;

/** Fewer are not worth a transaction of their own. */
const LEAST = 10;

/** So few that most of them are gone from memory before they count as old there. */
const MOST = 250;

/** How many of so many go into one mutation. */
export function batchSize(count: number): number {
  const share = Math.ceil(count / MUTATIONS_AT_ONCE);
  return Math.min(MOST, Math.max(LEAST, share));
}

/**
 * Applies batches side by side, as far as there are slots, and takes no more of
 * them than that. After a failure none is begun; it is thrown once none goes on
 * any longer.
 */
export async function applyBatches<T>(options: {
  batches: AsyncIterable<T[]>;
  slots: Slots;
  apply: (batch: T[]) => Promise<void>;
}): Promise<void> {
  const { batches, slots, apply } = options;
  const goingOn = new Set<Promise<void>>();
  let hasFailed = false;

  const begin = (batch: T[]) =>
    slots(async () => {
      if (hasFailed) {
        return;
      }
      try {
        await apply(batch);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    });

  try {
    for await (const batch of batches) {
      const begun = begin(batch).then(() => {
        goingOn.delete(begun);
      });
      // It may fail while the next batch is read, when nobody waits for it.
      begun.catch(() => undefined);
      goingOn.add(begun);
      if (goingOn.size >= MUTATIONS_AT_ONCE) {
        await Promise.race(goingOn);
      }
    }
    await Promise.all(goingOn);
  } finally {
    await Promise.allSettled(goingOn);
  }
}
