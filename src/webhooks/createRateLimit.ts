import { MemoryStore, type Options } from 'express-rate-limit';
import type { SenderSettings } from '../config/settings';

export interface RateLimit {
  /** Counts a request; resolves to the seconds to wait where it is one too many. */
  count(key: string): Promise<number | undefined>;
}

/** So many requests of each caller in a time, in this process. */
export function createRateLimit({
  requests,
  windowMs,
}: SenderSettings['rateLimit']): RateLimit {
  const store = new MemoryStore();
  // Of the middleware's options the store reads this one alone.
  store.init({ windowMs } as Options);
  return {
    count: async key => {
      const { totalHits, resetTime } = await store.increment(key);
      if (totalHits <= requests) {
        return undefined;
      }
      const waitMs = (resetTime?.getTime() ?? 0) - Date.now();
      return Math.max(1, Math.ceil(waitMs / 1000));
    },
  };
}
