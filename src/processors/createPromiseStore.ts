/** Far more than an entity processor has in hand at once. */
const MAX_KEPT = 1000;

/** Keeps what was asked for ahead until somebody needs it. */
export interface PromiseStore<T> {
  /** In place of one of the same key. */
  add(key: string, promise: Promise<T>): void;
  /** Gives it once; undefined where there is none. */
  take(key: string): Promise<T> | undefined;
}

/** What nobody comes for, since something failed in between, is dropped in time. */
export function createPromiseStore<T>(): PromiseStore<T> {
  const kept = new Map<string, Promise<T>>();
  return {
    add(key, promise) {
      // Whoever takes it sees the failure; nobody has to.
      promise.catch(() => undefined);
      kept.delete(key);
      kept.set(key, promise);
      if (kept.size > MAX_KEPT) {
        kept.delete(kept.keys().next().value!);
      }
    },
    take(key) {
      const promise = kept.get(key);
      kept.delete(key);
      return promise;
    },
  };
}
