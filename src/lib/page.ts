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
