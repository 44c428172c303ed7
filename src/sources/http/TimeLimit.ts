import { SourceError } from '../../lib/errors';
import { describeTarget, type RequestTarget } from './requestTarget';

/** The longest delay of a timer. A longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A time limit that can be stopped while the server is not to blame. It has to
 * be stopped in the end, so that it leaves no timer.
 */
export class TimeLimit {
  /**
   * Aborts with the caller's signal, or when the time is up. Its reason is what
   * to throw: the caller's own reason, or a `SourceError` of code `timeout`.
   */
  readonly signal: AbortSignal;
  readonly #target: RequestTarget;
  readonly #timeoutMs: number;
  readonly #controller = new AbortController();
  #leftMs: number;
  #startedAt = 0;
  #timer?: NodeJS.Timeout;

  constructor(options: {
    target: RequestTarget;
    timeoutMs: number;
    signal: AbortSignal;
  }) {
    this.#target = options.target;
    this.#timeoutMs = options.timeoutMs;
    this.#leftMs = options.timeoutMs;
    this.signal = AbortSignal.any([options.signal, this.#controller.signal]);
    this.start();
  }

  start(): void {
    const delay = Math.min(Math.max(this.#leftMs, 0), MAX_TIMER_MS);
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#end(), delay);
  }

  stop(): void {
    if (this.#timer) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#leftMs -= performance.now() - this.#startedAt;
    }
  }

  #end(): void {
    const error = new SourceError(
      `${describeTarget(this.#target)} gave no whole answer within ` +
        `${this.#timeoutMs} ms; if the server is known to be slow, raise the ` +
        `source's "request.timeout"`,
      { code: 'timeout' },
    );
    this.#controller.abort(error);
  }
}
