import type { JsonValue } from '@backstage/types';
import { SourceError } from '../model/errors';
import type { RequestSettings } from '../model/settings';
import type { Validators } from '../model/source';
import { judgeContentType } from './contentType';
import { discardBody } from './discardBody';
import { fetchFollowingRedirects } from './followRedirects';
import { parseAnswer } from './parseAnswer';
import { readBody } from './readBody';
import { buildRequestHeaders, isConditional } from './requestHeaders';
import {
  describeTarget,
  parseTarget,
  type RequestTarget,
} from './requestTarget';
import { statusError } from './statusError';
import { withTimeLimit } from './timeLimit';

/** Limits of one answer. */
export type AnswerLimits = Pick<
  RequestSettings,
  'timeoutMs' | 'maxBytes' | 'maxDepth'
>;

export interface FetchAnswerOptions {
  /** Name of the source, for messages. */
  source: string;
  url: string;
  /** Default: GET. */
  method?: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  validators?: Validators;
  request: AnswerLimits;
  signal: AbortSignal;
  now: () => Date;
}

export type HttpAnswer =
  | {
      type: 'json';
      value: JsonValue;
      validators?: Validators;
      /** The `Link` header, and the URL that its links are relative to. */
      link?: { value: string; base: string };
    }
  | { type: 'not-modified' }
  /** 404 or 410. The caller knows whether that is an answer. */
  | { type: 'not-found'; error: SourceError };

/**
 * One request, a conditional GET or a POST that reads, from the request to the parsed answer, within the limits
 * of `request`.
 *
 * Throws a `SourceError` for everything else than a whole answer, and the reason
 * of the signal when the caller aborts.
 */
export async function fetchAnswer(
  options: FetchAnswerOptions,
): Promise<HttpAnswer> {
  const { source, url, method, body, validators, request } = options;
  const target = parseTarget({ source, url, method });
  const headers = buildRequestHeaders({
    target,
    headers: options.headers,
    validators,
  });
  return withTimeLimit(
    { target, timeoutMs: request.timeoutMs, signal: options.signal },
    async signal => {
      const response = await fetchFollowingRedirects({
        target,
        headers,
        body,
        signal,
      });
      return (
        (await answerWithoutBody({ ...options, target, response })) ??
        (await readJson({ request, signal, target, response }))
      );
    },
  );
}

/** What a status other than 200 says; undefined for 200. */
async function answerWithoutBody(options: {
  target: RequestTarget;
  response: Response;
  validators?: Validators;
  now: () => Date;
}): Promise<HttpAnswer | undefined> {
  const { target, response, validators, now } = options;
  const { status } = response;
  if (status === 200) {
    return undefined;
  }
  await discardBody(response);
  if (status === 304 && isConditional(validators)) {
    return { type: 'not-modified' };
  }
  const error = statusError({ target, response, now: now() });
  if (status === 404 || status === 410) {
    return { type: 'not-found', error };
  }
  throw error;
}

async function readJson(options: {
  target: RequestTarget;
  response: Response;
  request: AnswerLimits;
  signal: AbortSignal;
}): Promise<HttpAnswer> {
  const { target, response, request, signal } = options;
  await assertContentType(target, response);
  const bytes = await readBody({
    target,
    response,
    maxBytes: request.maxBytes,
    signal,
  });
  const value = parseAnswer({ target, bytes, maxDepth: request.maxDepth });
  const link = response.headers.get('link');
  return {
    type: 'json',
    value,
    validators: readValidators(response.headers),
    link: link ? { value: link, base: response.url } : undefined,
  };
}

async function assertContentType(
  target: RequestTarget,
  response: Response,
): Promise<void> {
  const verdict = judgeContentType(response.headers.get('content-type'));
  if (verdict.type === 'json' || verdict.type === 'unspecified') {
    return;
  }
  await discardBody(response);
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
