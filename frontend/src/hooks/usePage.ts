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

/** Where a page begins, and how many rows were shown before it. */
interface Step {
  cursor?: string;
  offset: number;
}

const FIRST: Step = { offset: 0 };

/**
 * One page of a list, and the way to its neighbours. The API has no way back,
 * so the cursors that led here are kept. Another `key` begins at the first page.
 */
export function usePage<T>(
  key: string,
  load: (page: PageRequest, signal: AbortSignal) => Promise<Page<T>>,
  options: { every?: number } = {},
): LoadedPage<T> {
  const [way, setWay] = useState<{ key: string; steps: Step[] }>({
    key,
    steps: [],
  });
  const steps = way.key === key ? way.steps : [];
  const { cursor, offset } = steps.at(-1) ?? FIRST;
  const loaded = useLoad(
    JSON.stringify([key, cursor]),
    signal => load({ limit: PAGE_SIZE, cursor }, signal),
    options,
  );
  const nextCursor = loaded.value?.pageInfo.nextCursor;
  const go = (to: Step[]) => () => setWay({ key, steps: to });
  const next = {
    cursor: nextCursor,
    offset: offset + (loaded.value?.items.length ?? 0),
  };
  return {
    ...loaded,
    offset,
    next: nextCursor ? go([...steps, next]) : undefined,
    previous: cursor ? go(steps.slice(0, -1)) : undefined,
  };
}
