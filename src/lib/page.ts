/** Which part of a list is requested. */
export interface PageRequest {
  limit: number;
  /** The `next` of the page before. Default: the first page. */
  after?: string[];
}

export interface Page<T> {
  items: T[];
  /** Undefined where it is not counted. */
  totalItems?: number;
  /** Requests the next page. Undefined on the last one. */
  next?: string[];
}

/** A page of a list in memory, sorted by a key that is unique. */
export function pageOf<T>(
  all: T[],
  keyOf: (item: T) => string,
  { limit, after }: PageRequest,
): Page<T> {
  const rest = after ? all.filter(item => keyOf(item) > after[0]) : all;
  const items = rest.slice(0, limit);
  return {
    items,
    totalItems: all.length,
    next: rest.length > limit ? [keyOf(items[limit - 1])] : undefined,
  };
}

/**
 * A page of a list that stays the same, by its place in the list. So no cursor
 * holds what the caller may not see.
 */
export async function countedPage<T>(
  { limit, after = ['0'] }: PageRequest,
  totalItems: number,
  read: (range: { offset: number; limit: number }) => T[] | Promise<T[]>,
): Promise<Page<T>> {
  const offset = Number(after[0]);
  const items = await read({ offset, limit });
  const end = offset + limit;
  return { items, totalItems, next: end < totalItems ? [`${end}`] : undefined };
}
