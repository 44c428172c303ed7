/** Whether the database may be asked, while it hangs rather than fails. */
export interface HangGuard {
  hangs(): boolean;
  /** Whether to ask it. While it hangs one may, once in a while: whoever is told so has to. */
  admits(): boolean;
  /** A statement was given up, and goes on without anybody who waits for it. */
  abandoned(): void;
  /** One of those has ended after all. */
  ended(): void;
  /** A statement ended in time, well or not. */
  answered(): void;
}

/** How many statements may hang before the database counts as hanging. */
const MAX_HANGING = 2;

/** How long it is left alone at most: what hangs may hang for good, and is no proof that it still does. */
const MAX_WAIT_MS = 300_000;

export function createHangGuard(options: {
  /** How long it is left alone at first; twice as long each time. */
  waitMs: number;
  now: () => Date;
}): HangGuard {
  const { waitMs, now } = options;
  let hanging = 0;
  let tryAt = 0;
  const hangs = () => hanging >= MAX_HANGING;
  return {
    hangs,
    admits() {
      const time = now().getTime();
      if (!hangs()) {
        return true;
      }
      if (time < tryAt) {
        return false;
      }
      tryAt = time + waitMs;
      return true;
    },
    abandoned() {
      hanging++;
      const factor = 2 ** (hanging - MAX_HANGING);
      tryAt = now().getTime() + Math.min(waitMs * factor, MAX_WAIT_MS);
    },
    ended() {
      hanging = Math.max(0, hanging - 1);
    },
    answered() {
      hanging = 0;
    },
  };
}
