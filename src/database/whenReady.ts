/**
 * An object whose methods wait for the real one, so that what uses it can be
 * put together before the database answers. For interfaces whose methods are
 * all asynchronous; a rejection of `ready` reaches every caller.
 */
export function whenReady<T extends object>(ready: Promise<T>): T {
  // Whoever calls a method hears of it; without a caller it is not unhandled.
  ready.catch(() => undefined);
  return new Proxy({} as T, {
    get: (_target, name) =>
      // Not a promise itself, even where somebody awaits it.
      name === 'then'
        ? undefined
        : async (...args: unknown[]) => {
            const real = (await ready) as Record<
              string | symbol,
              (...a: unknown[]) => unknown
            >;
            return real[name](...args);
          },
  });
}
