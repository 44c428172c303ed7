import { useState } from 'react';
import { type Loaded, useLoad } from './useLoad';

/** A page as each list of the API gives it. */
export interface Page<T> {
  items: T[];
  /** Missing where it would count what the caller may not see. */
  totalItems?: number;
  pageInfo: { nextCursor?: string };
}

export interface PageRequest {
  limit: number;
  cursor?: string;
}

export const PAGE_SIZE = 20;

export interface LoadedPage<T> extends Loaded<Page<T>> {
  /** How many rows stand before this page. */
  offset: number;
  next?: () => void;
  previous?: () => void;
}

/**
 * One page of a list, and the way to its neighbours. The API has no way back,
 * so the cursors that led here are kept. Another `key` begins at the first page.
 */
export function usePage<T>(
  key: string,
  load: (page: PageRequest, signal: AbortSignal) => Promise<Page<T>>,
  options: { every?: number } = {},
): LoadedPage<T> {
  const [way, setWay] = useState<{ key: string; cursors: string[] }>({
    key,
    cursors: [],
  });
  const cursors = way.key === key ? way.cursors : [];
  const cursor = cursors.at(-1);
  const loaded = useLoad(
    JSON.stringify([key, cursor]),
    signal => load({ limit: PAGE_SIZE, cursor }, signal),
    options,
  );
  const nextCursor = loaded.value?.pageInfo.nextCursor;
  const go = (to: string[]) => () => setWay({ key, cursors: to });
  return {
    ...loaded,
    offset: cursors.length * PAGE_SIZE,
    next: nextCursor ? go([...cursors, nextCursor]) : undefined,
    previous: cursor ? go(cursors.slice(0, -1)) : undefined,
  };
}
