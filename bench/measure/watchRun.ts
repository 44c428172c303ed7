import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';

/** What one run did that can be seen from outside of its subject. */
export interface Watched {
  firstByteAt?: number;
  /** Whether an answer was 304. */
  notModified: boolean;
  mutations: number;
  lastMutationEndedAt?: number;
}

let current: Watched = { mutations: 0, notModified: false };

/** Begins a new run; what is seen from now on goes into what this returns. */
export function watchRun(): Watched {
  current = { mutations: 0, notModified: false };
  return current;
}

/** Notes when the first answer begins, whoever asks for it. */
export function watchFetch(): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (...args) => {
    const response = await fetch(...args);
    current.firstByteAt ??= performance.now();
    current.notModified ||= response.status === 304;
    return response;
  };
}

/** Notes when mutations end, of whichever provider: all connections have one prototype. */
export function watchMutations(connection: EntityProviderConnection): void {
  const prototype = Object.getPrototypeOf(connection);
  const { applyMutation } = prototype;
  prototype.applyMutation = async function watched(mutation: unknown) {
    const run = current;
    run.mutations += 1;
    await applyMutation.call(this, mutation);
    run.lastMutationEndedAt = performance.now();
  };
}
