import { SourceError } from '../../lib/errors';
import { describeTarget, type RequestTarget } from './requestTarget';

/** The longest delay of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A time that is counted only while it runs. */
export interface Countdown {
  pause(): void;
  resume(): void;
}

/**
 * Runs something under the caller's signal and a time limit. The signal that it
 * hands on carries, as its reason, what is to be thrown: the caller's own reason,
 * or a `SourceError` of code `timeout`.
 */
export async function withTimeLimit<T>(
  options: { target: RequestTarget; timeoutMs: number; signal: AbortSignal },
  run: (signal: AbortSignal, countdown: Countdown) => Promise<T>,
): Promise<T> {
  const { target, timeoutMs, signal } = options;
  const limit = new AbortController();
  const countdown = startCountdown(timeoutMs, () =>
    limit.abort(timeoutError(target, timeoutMs)),
  );
  try {
    return await run(AbortSignal.any([signal, limit.signal]), countdown);
  } finally {
    countdown.pause();
  }
}

function startCountdown(ms: number, onEnd: () => void): Countdown {
  let leftMs = ms;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const countdown = {
    pause() {
      if (timer) {
        clearTimeout(timer);
        timer = undefined;
        leftMs -= performance.now() - startedAt;
      }
    },
    resume() {
      startedAt = performance.now();
      timer = setTimeout(onEnd, Math.min(Math.max(leftMs, 0), MAX_TIMER_MS));
    },
  };
  countdown.resume();
  return countdown;
}

function timeoutError(target: RequestTarget, timeoutMs: number): SourceError {
  return new SourceError(
    `${describeTarget(target)} gave no whole answer within ${timeoutMs} ms; ` +
      `if the server is known to be slow, raise the source's 'request.timeout'`,
    { code: 'timeout' },
  );
}
