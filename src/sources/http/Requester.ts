import pLimit, { type Limit } from 'p-limit';
import type { SourceSettings } from '../../config/settings';
import { SourceError } from '../../lib/errors';
import type { Validators } from '../validators';
import { type Authorization, createAuthorization } from './authorization';
import { fetchAnswer, type HttpAnswer, type ReadAnswer } from './fetchAnswer';
import { type Sleep, withRetries } from './retries';

interface RequesterOptions {
  settings: Pick<SourceSettings, 'name' | 'headers' | 'auth' | 'request'>;
  now: () => Date;
  random: () => number;
  sleep: Sleep;
}

interface SourceRequest<T> {
  url: string;
  /** Which page of a list this is, for messages. */
  page?: number;
  method?: 'GET' | 'POST';
  body?: string;
  headers?: Record<string, string>;
  validators?: Validators;
  /** Called once for each try that gets a body. */
  read: ReadAnswer<T>;
  /** Milliseconds since 1970 beyond which no wait for a retry may reach. */
  deadline: number;
  signal: AbortSignal;
}

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

/** Sends the requests of one source: within its limits, with its credentials, and with retries. */
export class Requester {
  readonly #options: RequesterOptions;
  readonly #limiter: RequestLimiter;
  readonly #authorization?: Authorization;

  constructor(options: RequesterOptions) {
    const { settings, now } = options;
    this.#options = options;
    this.#limiter = new RequestLimiter({ ...options, ...settings.request });
    this.#authorization = createAuthorization({ ...settings, now });
  }

  request<T>(request: SourceRequest<T>): Promise<HttpAnswer<T>> {
    const { retries } = this.#options.settings.request;
    return withRetries({ ...this.#options, ...request, retries }, () =>
      this.#send(request),
    );
  }

  /** A refused token is replaced once. */
  async #send<T>(request: SourceRequest<T>): Promise<HttpAnswer<T>> {
    const { settings, now } = this.#options;
    for (let isFirst = true; ; isFirst = false) {
      const header = await this.#authorization?.header(request.signal);
      const headers = {
        ...request.headers,
        ...settings.headers,
        ...(header && { authorization: header }),
      };
      const { name: source, request: limits } = settings;
      try {
        return await this.#limiter.run(
          () =>
            fetchAnswer({ ...request, source, headers, request: limits, now }),
          request.signal,
        );
      } catch (error) {
        const isReplaced =
          isFirst &&
          isUnauthorized(error) &&
          header !== undefined &&
          this.#authorization?.discard(header);
        if (!isReplaced) {
          throw error;
        }
      }
    }
  }
}

function isUnauthorized(error: unknown): boolean {
  return (
    error instanceof SourceError &&
    error.code === 'status' &&
    error.status === 401
  );
}
