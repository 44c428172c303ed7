import { RetryLaterError } from '../lib/errors';

/** Runs something, or throws a `RetryLaterError` at once where it is left alone for a while. */
export type Breaker = <T>(run: () => Promise<T>) => Promise<T>;

/**
 * Leaves something alone that has failed several times in a row, so that
 * nobody else waits for the same. After each rest one call goes through, and
 * where that succeeds, all do.
 */
export function createBreaker(options: {
  /** How many failures in a row are enough. */
  failures: number;
  restMs: number;
  /** Why a call did not go through. */
  reason: string;
  now: () => Date;
}): Breaker {
  const { failures, restMs, reason } = options;
  const now = () => options.now().getTime();
  let inARow = 0;
  let restedAt = 0;
  return async run => {
    if (inARow >= failures) {
      if (now() < restedAt) {
        throw new RetryLaterError(reason);
      }
      restedAt = now() + restMs;
    }
    try {
      const result = await run();
      inARow = 0;
      return result;
    } catch (error) {
      inARow++;
      restedAt = now() + restMs;
      throw error;
    }
  };
}
