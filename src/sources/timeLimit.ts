import { SourceError } from '../model/errors';
import { describeTarget, type RequestTarget } from './requestTarget';

/** The longest delay of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs something under the caller's signal and a time limit. The signal that it
 * hands on carries, as its reason, what is to be thrown: the caller's own reason,
 * or a `SourceError` of code `timeout`.
 */
export async function withTimeLimit<T>(
  options: { target: RequestTarget; timeoutMs: number; signal: AbortSignal },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { target, timeoutMs, signal } = options;
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(timeoutError(target, timeoutMs)),
    Math.min(timeoutMs, MAX_TIMER_MS),
  );
  try {
    return await run(AbortSignal.any([signal, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function timeoutError(target: RequestTarget, timeoutMs: number): SourceError {
  return new SourceError(
    `${describeTarget(target)} gave no whole answer within ${timeoutMs} ms; ` +
      `if the server is known to be slow, raise 'request.timeoutMs'`,
    { code: 'timeout' },
  );
}
