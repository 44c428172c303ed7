import { useCallback, useEffect, useRef, useState } from 'react';

/** No view asks more often than this, in milliseconds. */
export const MIN_POLL_MS = 10_000;

export interface Loaded<T> {
  /** The last good answer; it stays while the next one is on its way or fails. */
  value?: T;
  /** Why the last attempt failed. */
  error?: Error;
  /** Whether nothing has come back yet. */
  isLoading: boolean;
  /** Asks now. */
  reload(): void;
}

interface State<T> {
  key: string;
  value?: T;
  error?: Error;
}

/**
 * Loads something, and again every `every` milliseconds (10 s at the least)
 * while the tab is visible. Another `key` means that it is about something
 * else: what was loaded before is dropped, and its request is aborted.
 */
export function useLoad<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  { every }: { every?: number } = {},
): Loaded<T> {
  const [state, setState] = useState<State<T>>({ key });
  const [asked, setAsked] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const run = async () => {
      try {
        const value = await latest.current(signal);
        if (!signal.aborted) {
          setState({ key, value });
        }
      } catch (error) {
        if (!signal.aborted) {
          setState(last => ({
            key,
            value: last.key === key ? last.value : undefined,
            error: error as Error,
          }));
        }
      }
    };
    repeat(run, signal, every && Math.max(every, MIN_POLL_MS));
    return () => stop.abort();
  }, [key, asked, every]);

  const reload = useCallback(() => setAsked(n => n + 1), []);
  const current = state.key === key ? state : { key };
  const isLoading = !('value' in current) && !('error' in current);
  return { ...current, isLoading, reload };
}

/** Runs at once, and then again and again while somebody can see it. */
async function repeat(
  run: () => Promise<void>,
  signal: AbortSignal,
  pauseMs: number | undefined,
): Promise<void> {
  await run();
  while (pauseMs && !signal.aborted) {
    await sleep(pauseMs, signal);
    await untilVisible(signal);
    if (!signal.aborted) {
      await run();
    }
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function untilVisible(signal: AbortSignal): Promise<void> {
  const isVisible = () => document.visibilityState === 'visible';
  if (isVisible() || signal.aborted) {
    return;
  }
  await new Promise<void>(resolve => {
    const look = () => {
      if (isVisible() || signal.aborted) {
        document.removeEventListener('visibilitychange', look);
        resolve();
      }
    };
    signal.addEventListener('abort', look);
    document.addEventListener('visibilitychange', look);
  });
}
