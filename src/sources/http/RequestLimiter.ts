import type { Sleep } from './withRetries';

interface RequestLimiterOptions {
  /** Tasks under way at once. */
  concurrency: number;
  /** Evenly spread over the second; without it as many as come. */
  requestsPerSecond?: number;
  now: () => Date;
  sleep: Sleep;
}

/** Bounds how many tasks run at once and how many begin in a second: first come, first served. */
export class RequestLimiter {
  static create(options: RequestLimiterOptions): RequestLimiter {
    return new RequestLimiter(options);
  }

  readonly #options: RequestLimiterOptions;
  readonly #intervalMs: number;
  readonly #queue: (() => void)[] = [];
  #underWay = 0;
  /** Milliseconds since 1970 at which the next task may begin. */
  #nextStart = 0;

  private constructor(options: RequestLimiterOptions) {
    this.#options = options;
    const { requestsPerSecond } = options;
    this.#intervalMs = requestsPerSecond ? 1000 / requestsPerSecond : 0;
  }

  /** Throws the reason of the signal when that aborts before the task began. */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      await this.#pace(signal);
      return await task();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#underWay < this.#options.concurrency) {
      this.#underWay++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const left = new AbortController();
      const proceed = () => {
        left.abort();
        resolve();
      };
      const abort = () => {
        this.#queue.splice(this.#queue.indexOf(proceed), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { signal: left.signal });
      this.#queue.push(proceed);
    });
  }

  /** Hands the place to the one who has waited longest. */
  #leave(): void {
    const proceed = this.#queue.shift();
    if (proceed) {
      proceed();
    } else {
      this.#underWay--;
    }
  }

  async #pace(signal: AbortSignal): Promise<void> {
    if (this.#intervalMs === 0) {
      return;
    }
    const { concurrency, now, sleep } = this.#options;
    const time = now().getTime();
    // No more than `concurrency` starts are ever promised. A clock that was put
    // back must not make anyone wait for longer than those take.
    const latest = time + this.#intervalMs * concurrency;
    const start = Math.max(time, Math.min(this.#nextStart, latest));
    this.#nextStart = start + this.#intervalMs;
    if (start > time) {
      await sleep(start - time, signal);
    }
  }
}
