/** What a statement of the databases takes, and what is worked on before others have their turn. */
const AT_ONCE = 1000;

/** The items, so many at a time. */
export function* inChunks<T>(
  items: T[],
  size: number = AT_ONCE,
): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) {
    yield items.slice(start, start + size);
  }
}
