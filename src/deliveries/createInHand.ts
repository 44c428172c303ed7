/** What goes on, so that somebody can wait for its end. */
export interface InHand {
  add<T>(promise: Promise<T>): Promise<T>;
  /** Resolves when nothing is left, however it ended. */
  ended(): Promise<void>;
}

export function createInHand(): InHand {
  const all = new Set<Promise<unknown>>();
  return {
    add(promise) {
      const remove = () => all.delete(promise);
      all.add(promise);
      promise.then(remove, remove);
      return promise;
    },
    async ended() {
      while (all.size > 0) {
        await Promise.allSettled(all);
      }
    },
  };
}
