/** Which part of a list is requested. */
export interface PageRequest {
  limit: number;
  /** The `next` of the page before. Default: the first page. */
  after?: string[];
}

export interface Page<T> {
  items: T[];
  totalItems: number;
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
