/** Asks for keys; what it resolves to may hold more than them. */
export type Loader<T> = (keys: string[]) => Promise<T>;

interface Batch<T> {
  keys: Set<string>;
  result: Promise<T>;
  start: () => void;
}

/**
 * Lets callers share queries: one is in flight at a time, and who comes while
 * it is waits for the next. It begins once all who come at the same moment are
 * there. A query never serves a caller that came after it began, so whatever
 * was committed before a call is seen by it.
 */
export function coalesce<T>(query: Loader<T>): Loader<T> {
  let running = false;
  let next: Batch<T> | undefined;

  function begin() {
    if (running || !next) {
      return;
    }
    running = true;
    setImmediate(() => {
      const batch = next!;
      next = undefined;
      batch.start();
    });
  }

  function createBatch(): Batch<T> {
    const keys = new Set<string>();
    const { promise: started, resolve: start } = defer();
    const result = started.then(() => query([...keys]));
    const settled = () => {
      running = false;
      begin();
    };
    result.then(settled, settled);
    return { keys, result, start };
  }

  return keys => {
    next ??= createBatch();
    const { result } = next;
    keys.forEach(key => next!.keys.add(key));
    begin();
    return result;
  };
}

function defer(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>(done => {
    resolve = done;
  });
  return { promise, resolve };
}
