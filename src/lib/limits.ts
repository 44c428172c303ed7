/** Has so much go on at once, and the rest wait for its turn. */
export type Slots = <T>(run: () => Promise<T>) => Promise<T>;

export function createSlots(count: number): Slots {
  const waiting: Array<() => void> = [];
  let free = count;
  return async run => {
    if (free > 0) {
      free--;
    } else {
      await new Promise<void>(resolve => waiting.push(resolve));
    }
    try {
      return await run();
    } finally {
      // Handed on rather than freed, so that whoever waits longest is next.
      const next = waiting.shift();
      if (next) {
        next();
      } else {
        free++;
      }
    }
  };
}
