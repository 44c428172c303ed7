import pLimit from 'p-limit';
import type { Limit } from 'p-limit';
import type { SourceSettings } from '../../config/source';
import { abortable } from '../../lib/abort';
import { SourceError } from '../../lib/errors';
import type { Postponed } from '../RecordSource';
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
  fetch?: typeof fetch;
}

export type RequesterSettings = Pick<
  SourceSettings,
  'name' | 'headers' | 'auth' | 'request'
>;

/** A request to the source. `read` is called once for each try that gets a body. */
type SourceRequest<T> = Omit<
  FetchAnswerOptions<T>,
  'source' | 'limits' | 'now' | 'onWait' | 'fetch'
> & {
  /** Milliseconds since 1970 beyond which no wait may reach. */
  deadline: number;
};

interface RequestRateOptions {
  /** At most so many wait for their start at once. */
  concurrency: number;
  /** Default: no limit. */
  requestsPerSecond?: number;
  now: () => Date;
  sleep: Sleep;
}

/** Spreads the starts of requests evenly over the second, in the order in which they come. */
export class RequestRate {
  readonly #options: RequestRateOptions;
  readonly #intervalMs: number;
  /** Milliseconds since 1970 before which no request may start. */
  #nextStart = 0;

  constructor(options: RequestRateOptions) {
    const { requestsPerSecond } = options;
    this.#options = options;
    this.#intervalMs = requestsPerSecond ? 1000 / requestsPerSecond : 0;
  }

  async waitForStart(signal: AbortSignal): Promise<void> {
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

/** A wait up to this is made here. Longer ones are the caller's, who can tell other processes. */
const SHORT_WAIT_MS = 5_000;

/**
 * Sends the requests of one source: within its limits, with its credentials,
 * with retries, and not before the time that any answer asked for.
 */
export class Requester {
  readonly #options: RequesterOptions;
  readonly #limit: Limit;
  readonly #rate: RequestRate;
  readonly #authorization?: Authorization;
  /** Milliseconds since 1970: the latest time that an answer asked for. */
  #notBefore = 0;
  /** The latest of these that a caller was told. */
  #told = 0;

  constructor(options: RequesterOptions) {
    const { settings, now } = options;
    this.#options = options;
    this.#limit = pLimit(settings.request.concurrency);
    this.#rate = new RequestRate({ ...options, ...settings.request });
    this.#authorization = createAuthorization(settings, now);
  }

  /**
   * Reads by one or more requests, and adds until when to leave the source
   * alone, if that is long. Who was told so decides when to read again.
   */
  async withRetryAt<T>(read: () => Promise<T>): Promise<T & Postponed> {
    if (this.#told >= this.#notBefore) {
      this.#notBefore = 0;
    }
    let retryAt: Date | undefined;
    const answer = await read().finally(() => {
      retryAt = this.#longWait();
    });
    return { ...answer, retryAt };
  }

  async request<T>(request: SourceRequest<T>): Promise<HttpAnswer<T>> {
    const { retries } = this.#options.settings.request;
    return withRetries({ ...this.#options, ...request, retries }, () =>
      this.#send(request),
    );
  }

  #longWait(): Date | undefined {
    const time = this.#options.now().getTime();
    if (this.#notBefore <= time + SHORT_WAIT_MS) {
      return undefined;
    }
    this.#told = this.#notBefore;
    return new Date(this.#notBefore);
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
    const { signal } = request;
    const run = async () => {
      signal.throwIfAborted();
      await this.#waitForStart(request);
      return this.#fetch(authorization, request);
    };
    return abortable(this.#limit(run), signal);
  }

  async #waitForStart(request: SourceRequest<unknown>): Promise<void> {
    do {
      await this.#waitAsAsked(request);
      await this.#rate.waitForStart(request.signal);
      // Another answer may have asked for more meanwhile.
    } while (this.#notBefore > this.#options.now().getTime());
  }

  async #waitAsAsked(request: SourceRequest<unknown>): Promise<void> {
    const { settings, now, sleep } = this.#options;
    const waitMs = this.#notBefore - now().getTime();
    if (waitMs > 0 && this.#notBefore >= request.deadline) {
      throw requestError(
        { ...request, source: settings.name },
        `was not sent: an earlier answer asked to wait until ` +
          `${new Date(
            this.#notBefore,
          ).toISOString()}, which is beyond its time limit`,
        { code: 'status', retryAfterMs: waitMs },
      );
    }
    if (waitMs > 0) {
      await sleep(waitMs, request.signal);
    }
  }

  #fetch<T>(authorization: string | undefined, request: SourceRequest<T>) {
    const { settings, now, fetch: ask } = this.#options;
    const { name: source, request: limits } = settings;
    const secrets = secretsOf(settings.auth);
    const headers = {
      ...request.headers,
      ...settings.headers,
      ...(authorization && { authorization }),
    };
    return fetchAnswer({
      ...request,
      source,
      headers,
      secrets,
      limits,
      now,
      fetch: ask,
      onWait: until => {
        this.#notBefore = Math.max(this.#notBefore, until);
      },
    });
  }
}
