import pLimit, { type Limit } from 'p-limit';
import type { Sleep } from './retries';

interface RequestLimiterOptions {
  /** Requests in flight at once. */
  concurrency: number;
  /** Evenly spread over the second. Default: no limit. */
  requestsPerSecond?: number;
  now: () => Date;
  sleep: Sleep;
}

/** Limits how many requests are in flight and how many start in a second, in the order in which they come. */
export class RequestLimiter {
  readonly #options: RequestLimiterOptions;
  readonly #limit: Limit;
  readonly #intervalMs: number;
  /** Milliseconds since 1970 before which no request may start. */
  #nextStart = 0;

  constructor(options: RequestLimiterOptions) {
    const { concurrency, requestsPerSecond } = options;
    this.#options = options;
    this.#limit = pLimit(concurrency);
    this.#intervalMs = requestsPerSecond ? 1000 / requestsPerSecond : 0;
  }

  /** Rejects with the signal's reason as soon as that aborts, unless the request has begun. */
  async run<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort);
      this.#limit(async () => {
        signal.removeEventListener('abort', abort);
        signal.throwIfAborted();
        await this.#waitForStart(signal);
        return request();
      }).then(resolve, reject);
    });
  }

  async #waitForStart(signal: AbortSignal): Promise<void> {
    const { concurrency, now, sleep } = this.#options;
    const time = now().getTime();
    // At most `concurrency` starts are reserved ahead. When the clock is put
    // back, nobody has to wait longer than those take.
    const latest = time + this.#intervalMs * concurrency;
    const start = Math.max(time, Math.min(this.#nextStart, latest));
    this.#nextStart = start + this.#intervalMs;
    if (start > time) {
      await sleep(start - time, signal);
    }
  }
}
