import { RetryLaterError } from '../lib/errors';
import { createSlots } from '../lib/limits';

/** Has so much of one kind go on at once in a process. */
export interface Turns {
  /**
   * Runs something when it has its turn. Throws a `RetryLaterError` where the
   * signal is aborted by then.
   */
  take<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** How many more may go on or wait, so that each has its turn soon. */
  room(): number;
}

export function createTurns(options: {
  count: number;
  /** How many wait for those; any number by default. */
  waiting?: number;
  /** Why one had no turn. */
  reason: string;
}): Turns {
  const { count, waiting = Infinity, reason } = options;
  const slots = createSlots(count);
  let taken = 0;
  return {
    room: () => Math.max(0, count + waiting - taken),
    async take(run, signal) {
      taken++;
      try {
        return await slots(() => {
          if (signal.aborted) {
            throw new RetryLaterError(reason);
          }
          return run();
        });
      } finally {
        taken--;
      }
    },
  };
}
