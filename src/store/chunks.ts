/** SQLite takes a limited number of variables in a statement. */
export const CHUNK_SIZE = 500;

export function chunks<T>(items: T[], size: number = CHUNK_SIZE): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += size) {
    result.push(items.slice(start, start + size));
  }
  return result;
}
