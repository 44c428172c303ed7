/** Others have their turn at the tables in between. */
const ROWS_AT_ONCE = 1000;

/**
 * Removes a piece at a time until one is not full, or until the signal aborts;
 * how many rows in all.
 */
export async function inPieces(
  signal: AbortSignal,
  remove: (limit: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  while (!signal.aborted) {
    const removed = await remove(ROWS_AT_ONCE);
    total += removed;
    if (removed < ROWS_AT_ONCE) {
      break;
    }
  }
  return total;
}
