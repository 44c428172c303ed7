/** As many parameters as a statement of every database may have. */
const DEFAULT_SIZE = 1000;

/** Splits items into chunks of at most this size. */
export function* inChunks<T>(
  items: T[],
  size: number = DEFAULT_SIZE,
): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) {
    yield items.slice(start, start + size);
  }
}
