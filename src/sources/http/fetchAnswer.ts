import type { RequestSettings } from '../../config/source';
import { SourceError } from '../../lib/errors';
import type { Validators } from '../httpValidators';
import { TimeLimit } from './TimeLimit';
import { readText, type SentRequest } from './excerpt';
import { discardBody, followRedirects, networkError } from './followRedirects';
import { requestError, type RequestTarget } from './requestTarget';
import { statusError, waitOf } from './statusError';

/** A body that is to be read. */
export interface AnswerBody {
  target: RequestTarget & SentRequest;
  /** Throws a `SourceError` when the body breaks off or is too large. */
  chunks: AsyncIterable<Uint8Array>;
  maxDepth: number;
  signal: AbortSignal;
}

/** Reads a body. The time that it takes itself does not count as the server's. */
export type ReadAnswer<T> = (body: AnswerBody) => Promise<T>;

export interface FetchAnswerOptions<T> extends RequestTarget {
  headers?: Record<string, string>;
  body?: string;
  /** Secrets that the headers hold in another form, which no message may repeat. */
  secrets?: string[];
  /** Finds the reason in the text of a refusal. It is logged. */
  readReason?: (text: string) => string | undefined;
  validators?: Validators;
  limits: Pick<
    RequestSettings,
    'timeoutMs' | 'maxBytes' | 'maxDepth' | 'accept'
  >;
  read: ReadAnswer<T>;
  /** Called with the milliseconds since 1970 before which the server wants no other request. */
  onWait?: (until: number) => void;
  signal: AbortSignal;
  now: () => Date;
  /** Default: that of the process. */
  fetch?: typeof fetch;
}

export interface WholeAnswer<T> {
  type: 'json';
  value: T;
  validators?: Validators;
  /** Where the answer is from, after all redirects. Its links are relative to this. */
  url: string;
  /** The `Link` header. */
  link?: string;
  /** The `X-Total-Count` header. */
  total?: string;
}

export type HttpAnswer<T> =
  | WholeAnswer<T>
  | { type: 'not-modified' }
  /** 404 or 410. The caller knows whether that is an answer. */
  | { type: 'not-found'; error: SourceError };

/**
 * Sends a request and reads its answer, within the limits. Throws a
 * `SourceError` if there is no whole answer, the reason of the signal when the
 * caller aborts, and what `read` throws.
 */
export async function fetchAnswer<T>(
  options: FetchAnswerOptions<T>,
): Promise<HttpAnswer<T>> {
  const { body, limits } = options;
  const headers = requestHeaders(options);
  const limit = new TimeLimit(options, limits.timeoutMs, options.signal);
  const { signal } = limit;
  try {
    const response = await followRedirects(options, {
      headers,
      body,
      signal,
      fetch: options.fetch,
    });
    const time = options.now();
    const waitMs = waitOf(response, time);
    if (waitMs) {
      options.onWait?.(time.getTime() + waitMs);
    }
    try {
      return response.status === 200
        ? await readWhole(options, response, limit)
        : await readStatus(options, response, waitMs);
    } catch (error) {
      if (error instanceof SourceError) {
        error.retryAfterMs ??= waitMs;
      }
      throw error;
    } finally {
      await discardBody(response);
    }
  } finally {
    limit.stop();
  }
}

/** Gives an answer with a value, or undefined if nothing has changed. */
export function requireFound<T>(
  answer: HttpAnswer<T>,
): WholeAnswer<T> | undefined {
  if (answer.type === 'not-found') {
    throw answer.error;
  }
  return answer.type === 'json' ? answer : undefined;
}

const JSON_ONLY = 'application/json';

/** The configured headers, `Accept` unless they set it, and those of a conditional request (RFC 9110, section 13.1). */
function requestHeaders({
  headers,
  validators: { etag, lastModified } = {},
  limits,
}: Pick<
  FetchAnswerOptions<unknown>,
  'headers' | 'validators' | 'limits'
>): Headers {
  const result = new Headers({
    accept: limits.accept ? `${JSON_ONLY}, */*;q=0.5` : JSON_ONLY,
  });
  for (const [name, value] of Object.entries({
    ...headers,
    ...(etag && { 'if-none-match': etag }),
    ...(lastModified && { 'if-modified-since': lastModified }),
  })) {
    // Replaces a header of the same name in other letters.
    result.set(name, value);
  }
  return result;
}

/** Statuses whose answers say what is wrong with the request. */
const REFUSALS = [400, 401, 403];

/** What a status other than 200 says. */
async function readStatus(
  options: FetchAnswerOptions<unknown>,
  response: Response,
  waitMs: number | undefined,
): Promise<HttpAnswer<never>> {
  const { validators } = options;
  const { status } = response;
  if (status === 304 && (validators?.etag || validators?.lastModified)) {
    return { type: 'not-modified' };
  }
  const text = REFUSALS.includes(status)
    ? await readText(response, options)
    : undefined;
  const reason = text && options.readReason?.(text);
  const error = statusError(options, response, { waitMs, text, reason });
  if (status === 404 || status === 410) {
    return { type: 'not-found', error };
  }
  throw error;
}

async function readWhole<T>(
  options: FetchAnswerOptions<T>,
  response: Response,
  limit: TimeLimit,
): Promise<WholeAnswer<T>> {
  const { maxBytes, maxDepth, accept } = options.limits;
  const { headers, url } = response;
  const receivedAt = options.now();
  const fault =
    accept === 'any'
      ? undefined
      : contentTypeFault(headers.get('content-type'));
  if (fault) {
    throw requestError(options, `answered with ${fault}`, {
      code: 'content-type',
    });
  }
  const value = await options.read({
    target: options,
    chunks: readChunks({ target: options, response, maxBytes, limit }),
    maxDepth,
    signal: limit.signal,
  });
  return {
    type: 'json',
    value,
    // A POST has no validators (RFC 9110, section 13.1).
    validators:
      options.method === 'POST'
        ? undefined
        : readValidators(headers, receivedAt),
    url,
    link: headers.get('link') ?? undefined,
    total: headers.get('x-total-count') ?? undefined,
  };
}

const JSON_TYPE =
  /^(?:application\/json|text\/json|[\w.!#$&^-]+\/[\w.!#$&^+-]+\+json)$/;
const HTML_TYPE = /^(?:text\/html|application\/xhtml\+xml)$/;
/** Types that are safe to repeat in a message. */
const PLAIN_TYPE = /^[a-z]{1,20}\/[a-z0-9.+-]{1,60}$/;

/**
 * What is wrong with a `Content-Type`. Parameters such as `charset` do not
 * matter (RFC 8259, section 11). Without a type, or as plain text, a body may
 * still be JSON.
 */
export function contentTypeFault(header: string | null): string | undefined {
  const type = (header ?? '').split(';')[0].trim().toLowerCase();
  if (type === '' || type === 'text/plain' || JSON_TYPE.test(type)) {
    return undefined;
  }
  if (HTML_TYPE.test(type)) {
    return 'HTML instead of JSON; is that a login page, or the wrong URL?';
  }
  const named = PLAIN_TYPE.test(type) ? type : 'an unknown type';
  return `${named} instead of JSON; check the URL and the "Accept" header, or set "request.accept: any" if it is JSON all the same`;
}

function readValidators(headers: Headers, now: Date): Validators | undefined {
  const etag = headers.get('etag');
  const time = headers.get('last-modified');
  const lastModified = time && !isYoung(time, headers, now) ? time : undefined;
  return etag || lastModified
    ? { ...(etag && { etag }), ...(lastModified && { lastModified }) }
    : undefined;
}

/** The resolution of `Last-Modified`. */
const MODIFIED_WITHIN_MS = 1000;

/**
 * Whether the answer may change again within the second of its `Last-Modified`,
 * which then cannot tell the two apart (RFC 9110, section 8.8.2.2).
 */
function isYoung(lastModified: string, headers: Headers, now: Date): boolean {
  const answeredAt = Date.parse(headers.get('date') ?? '');
  const latest = Number.isNaN(answeredAt)
    ? now.getTime() - MODIFIED_WITHIN_MS
    : answeredAt;
  return Date.parse(lastModified) >= latest;
}

/**
 * The chunks of a body, up to its end or to `maxBytes`. That is the decoded
 * size, and no more is decoded: a small compressed body may hold gigabytes. The
 * time limit is stopped while the reader works on a chunk.
 */
export async function* readChunks(options: {
  target: RequestTarget;
  response: Response;
  maxBytes: number;
  limit: Pick<TimeLimit, 'start' | 'stop' | 'signal'>;
}): AsyncGenerator<Uint8Array, void> {
  const { target, response, maxBytes, limit } = options;
  const announced = Number(response.headers.get('content-length'));
  assertSize(target, announced, maxBytes);
  let size = 0;
  try {
    // Leaving the loop cancels the stream, and with it the connection.
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      assertSize(target, size, maxBytes);
      limit.stop();
      yield chunk;
      limit.start();
    }
    limit.stop();
  } catch (error) {
    limit.signal.throwIfAborted();
    throw error instanceof SourceError ? error : networkError(target, error);
  }
}

function assertSize(target: RequestTarget, size: number, maxBytes: number) {
  if (size > maxBytes) {
    throw requestError(
      target,
      `answered with more than ${maxBytes} bytes; if that is right, raise ` +
        `"request.maxBytes"`,
      { code: 'too-large' },
    );
  }
}
