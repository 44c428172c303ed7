/** A part of a list that is asked for: so many, after a position. */
export interface PageRequest {
  limit: number;
  /** Where the page before ended, as its `next` said. */
  after?: string[];
}

export interface Page<T> {
  items: T[];
  totalItems: number;
  /** Where the next page begins; undefined after the last. */
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
