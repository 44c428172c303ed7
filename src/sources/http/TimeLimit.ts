import { inSeconds } from '../../lib/values';
import { requestError, type RequestTarget } from './requestTarget';

/**
 * The time limit of a request that can be stopped while the server is not to blame. It has to
 * be stopped in the end, so that it leaves no timer.
 */
export class TimeLimit {
  /**
   * Aborts with the caller's signal, or when the time is up. Its reason is what
   * to throw: the caller's own reason, or a `SourceError` of code `timeout`.
   */
  readonly signal: AbortSignal;
  readonly #end: () => void;
  #leftMs: number;
  #startedAt = 0;
  #timer?: NodeJS.Timeout;

  constructor(target: RequestTarget, timeoutMs: number, signal: AbortSignal) {
    const controller = new AbortController();
    const time = inSeconds(timeoutMs);
    const fault =
      `gave no whole answer within request.timeout (${time}); see why the ` +
      `server is slow, or raise request.timeout`;
    this.#end = () =>
      controller.abort(requestError(target, fault, { code: 'timeout' }));
    this.#leftMs = timeoutMs;
    this.signal = AbortSignal.any([signal, controller.signal]);
    this.start();
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(this.#end, this.#leftMs);
  }

  stop(): void {
    if (this.#timer) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#leftMs -= performance.now() - this.#startedAt;
    }
  }
}
