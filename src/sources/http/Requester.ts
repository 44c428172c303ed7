import pLimit from 'p-limit';
import type { Limit } from 'p-limit';
import type { SourceSettings } from '../../config/source';
import { SourceError } from '../../lib/errors';
import {
  type Authorization,
  createAuthorization,
  secretsOf,
} from './authorization';
import {
  fetchAnswer,
  type FetchAnswerOptions,
  type HttpAnswer,
} from './fetchAnswer';
import { requestError } from './requestTarget';
import { type Sleep, withRetries } from './retries';

interface RequesterOptions {
  settings: RequesterSettings;
  now: () => Date;
  random: () => number;
  sleep: Sleep;
}

export type RequesterSettings = Pick<
  SourceSettings,
  'name' | 'headers' | 'auth' | 'request'
>;

/** A request to the source. `read` is called once for each try that gets a body. */
type SourceRequest<T> = Omit<
  FetchAnswerOptions<T>,
  'source' | 'limits' | 'now'
> & {
  /** Milliseconds since 1970 beyond which no wait may reach. */
  deadline: number;
  /** Waits until then, since the server asked for it. */
  notBefore?: Date;
};

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
    this.#authorization = createAuthorization(settings, now);
  }

  async request<T>(request: SourceRequest<T>): Promise<HttpAnswer<T>> {
    await this.#waitAsAsked(request);
    const { retries } = this.#options.settings.request;
    return withRetries({ ...this.#options, ...request, retries }, () =>
      this.#send(request),
    );
  }

  async #waitAsAsked(request: SourceRequest<unknown>): Promise<void> {
    const { notBefore, deadline, signal } = request;
    const { settings, now, sleep } = this.#options;
    const waitMs = (notBefore?.getTime() ?? 0) - now().getTime();
    if (notBefore && notBefore.getTime() >= deadline) {
      throw requestError(
        { ...request, source: settings.name },
        `was not sent: the answer before it asked to wait until ` +
          `${notBefore.toISOString()}, when this run must have ended`,
        { code: 'status', retryAfterMs: waitMs },
      );
    }
    if (waitMs > 0) {
      await sleep(waitMs, signal);
    }
  }

  /** A refused token is replaced once. */
  async #send<T>(request: SourceRequest<T>): Promise<HttpAnswer<T>> {
    const { signal } = request;
    const header = await this.#authorization?.header(signal);
    try {
      return await this.#sendWith(header, request);
    } catch (error) {
      const isRefused = error instanceof SourceError && error.status === 401;
      if (header && isRefused && this.#authorization?.discard(header)) {
        const other = await this.#authorization.header(signal);
        return this.#sendWith(other, request);
      }
      throw error;
    }
  }

  #sendWith<T>(authorization: string | undefined, request: SourceRequest<T>) {
    const { settings, now } = this.#options;
    const { name: source, request: limits } = settings;
    const secrets = secretsOf(settings.auth);
    const headers = {
      ...request.headers,
      ...settings.headers,
      ...(authorization && { authorization }),
    };
    return this.#limiter.run(
      () => fetchAnswer({ ...request, source, headers, secrets, limits, now }),
      request.signal,
    );
  }
}
