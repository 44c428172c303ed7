import type { RequestSettings } from '../../config/settings';
import { SourceError } from '../../lib/errors';
import type { Validators } from '../RecordSource';
import { judgeContentType } from './contentType';
import { fetchFollowingRedirects } from './followRedirects';
import { readBody } from './readBody';
import { buildRequestHeaders, isConditional } from './requestHeaders';
import {
  describeTarget,
  parseTarget,
  type RequestTarget,
} from './requestTarget';
import { statusError } from './statusError';
import { type Countdown, withTimeLimit } from './timeLimit';

/** Limits of one answer. */
export type AnswerLimits = Pick<
  RequestSettings,
  'timeoutMs' | 'maxBytes' | 'maxDepth'
>;

/** A body to be read. */
export interface AnswerBody {
  target: RequestTarget;
  /** Throws a `SourceError` where the body breaks off or is too large. */
  chunks: AsyncIterable<Uint8Array>;
  maxDepth: number;
  signal: AbortSignal;
}

/** Makes something of a body. What it takes for itself does not count as the server's time. */
export type ReadAnswer<T> = (body: AnswerBody) => Promise<T>;

export interface FetchAnswerOptions<T> {
  /** Name of the source, for messages. */
  source: string;
  url: string;
  /** Default: GET. */
  method?: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  validators?: Validators;
  request: AnswerLimits;
  read: ReadAnswer<T>;
  signal: AbortSignal;
  now: () => Date;
}

export interface WholeAnswer<T> {
  type: 'json';
  value: T;
  validators?: Validators;
  /** Where the answer is from, behind all redirects: what its links are relative to. */
  url: string;
  /** The `Link` header. */
  link?: string;
}

export type HttpAnswer<T> =
  | WholeAnswer<T>
  | { type: 'not-modified' }
  /** 404 or 410. The caller knows whether that is an answer. */
  | { type: 'not-found'; error: SourceError };

/**
 * One request, a conditional GET or a POST that reads, from the request to what
 * is made of its answer, within the limits of `request`.
 *
 * Throws a `SourceError` for everything else than a whole answer, the reason of
 * the signal when the caller aborts, and what `read` throws.
 */
export async function fetchAnswer<T>(
  options: FetchAnswerOptions<T>,
): Promise<HttpAnswer<T>> {
  const { source, url, method, body, validators, request } = options;
  const target = parseTarget({ source, url, method });
  const headers = buildRequestHeaders({
    target,
    headers: options.headers,
    validators,
  });
  return withTimeLimit(
    { target, timeoutMs: request.timeoutMs, signal: options.signal },
    async (signal, countdown) => {
      const response = await fetchFollowingRedirects({
        target,
        headers,
        body,
        signal,
      });
      try {
        return (
          answerWithoutBody({ ...options, target, response }) ??
          (await readWhole({ ...options, signal, countdown, target, response }))
        );
      } finally {
        await discardBody(response);
      }
    },
  );
}

/** What a status other than 200 says; undefined for 200. */
function answerWithoutBody(options: {
  target: RequestTarget;
  response: Response;
  validators?: Validators;
  now: () => Date;
}): Exclude<HttpAnswer<never>, { type: 'json' }> | undefined {
  const { target, response, validators, now } = options;
  const { status } = response;
  if (status === 200) {
    return undefined;
  }
  if (status === 304 && isConditional(validators)) {
    return { type: 'not-modified' };
  }
  const error = statusError({ target, response, now: now() });
  if (status === 404 || status === 410) {
    return { type: 'not-found', error };
  }
  throw error;
}

async function readWhole<T>(options: {
  target: RequestTarget;
  response: Response;
  request: AnswerLimits;
  read: ReadAnswer<T>;
  signal: AbortSignal;
  countdown: Countdown;
}): Promise<WholeAnswer<T>> {
  const { target, response, request, read, signal } = options;
  assertContentType(target, response);
  const value = await read({
    target,
    chunks: readBody({ ...options, maxBytes: request.maxBytes }),
    maxDepth: request.maxDepth,
    signal,
  });
  return {
    type: 'json',
    value,
    validators: readValidators(response.headers),
    url: response.url,
    link: response.headers.get('link') ?? undefined,
  };
}

function assertContentType(target: RequestTarget, response: Response): void {
  const verdict = judgeContentType(response.headers.get('content-type'));
  if (verdict.type === 'json' || verdict.type === 'unspecified') {
    return;
  }
  const fault =
    verdict.type === 'html'
      ? 'HTML instead of JSON; is that a login page, or the wrong URL?'
      : `${verdict.mediaType ?? 'an unknown type'} instead of JSON; check ` +
        `the URL and the 'Accept' header`;
  throw new SourceError(`${describeTarget(target)} answered with ${fault}`, {
    code: 'content-type',
  });
}

function readValidators(headers: Headers): Validators | undefined {
  const etag = headers.get('etag');
  const lastModified = headers.get('last-modified');
  return etag || lastModified
    ? { ...(etag && { etag }), ...(lastModified && { lastModified }) }
    : undefined;
}

/** Ends an answer whose body nobody will read, so that its socket comes free. */
export async function discardBody(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // The body broke by itself: it is as gone as it would be.
  }
}
