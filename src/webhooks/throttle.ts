/** Lets a key through once in a while. */
export interface Throttle {
  /** How many were held back since the last, or undefined where this one is, too. */
  pass(key: string): number | undefined;
}

/**
 * Lets one through per key and interval. Keys are kept for good: they have to
 * come from a set that a caller of ours cannot grow.
 */
export function createThrottle(options: {
  intervalMs: number;
  now: () => Date;
}): Throttle {
  const { intervalMs, now } = options;
  const states = new Map<string, { passedAt: number; heldBack: number }>();
  return {
    pass(key) {
      const at = now().getTime();
      const state = states.get(key);
      if (state && Math.abs(at - state.passedAt) < intervalMs) {
        state.heldBack++;
        return undefined;
      }
      states.set(key, { passedAt: at, heldBack: 0 });
      return state?.heldBack ?? 0;
    },
  };
}
