/** How many entities are worked on before others have their turn. */
const AT_ONCE = 1000;

export function* inChunks<T>(
  items: T[],
  size: number = AT_ONCE,
): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) {
    yield items.slice(start, start + size);
  }
}
