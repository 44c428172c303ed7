import type { JsonValue } from '@backstage/types';
import { SourceError } from '../../lib/errors';
import { fetchAnswer, type FetchAnswerOptions } from '../http/fetchAnswer';
import { readJson } from '../json/parseJson';

export const NOW = new Date('2026-01-02T03:04:05Z');

/** `fetchAnswer` with limits that a test does not reach by accident. */
export function fetchFrom(
  url: string,
  options: Partial<FetchAnswerOptions<JsonValue>> = {},
) {
  return fetchAnswer({
    source: 'services',
    url: new URL(url),
    limits: { timeoutMs: 30_000, maxBytes: 10_000, maxDepth: 32 },
    read: readJson,
    signal: new AbortController().signal,
    now: () => NOW,
    ...options,
  });
}

/** The error that a promise has to reject with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('Expected a rejection');
    },
    error => error,
  );
}

export async function sourceError(
  promise: Promise<unknown>,
): Promise<SourceError> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(SourceError);
  return error as SourceError;
}
