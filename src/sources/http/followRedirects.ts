import { SourceError } from '../../lib/errors';
import { discardBody } from './fetchAnswer';
import { networkError } from './networkError';
import {
  describeTarget,
  hasUserInfo,
  type RequestTarget,
} from './requestTarget';

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** Those that keep method and body; the others make a GET of a POST (RFC 9110, section 15.4). */
const KEEPING_STATUSES = [307, 308];

/**
 * Sends a request and follows up to 5 redirects within the origin of the first URL.
 *
 * The headers may hold credentials and go along, which is why a redirect to
 * another origin is refused: a `SourceError` of code `redirect`, as for a loop.
 * One of code `network` says that there was no answer.
 */
export async function fetchFollowingRedirects(options: {
  target: RequestTarget;
  headers: Headers;
  body?: string;
  signal: AbortSignal;
}): Promise<Response> {
  const { headers, body, signal } = options;
  let { target } = options;
  const visited = new Set([target.url.href]);
  for (;;) {
    const response = await send({ target, headers, body, signal });
    if (!REDIRECT_STATUSES.includes(response.status)) {
      return response;
    }
    await discardBody(response);
    if (
      target.method === 'POST' &&
      !KEEPING_STATUSES.includes(response.status)
    ) {
      throw redirectError(
        target,
        response.status,
        'in a way that drops a body',
      );
    }
    target = { ...target, url: redirectUrl(target, response) };
    if (visited.has(target.url.href)) {
      throw redirectError(options.target, response.status, 'in a loop');
    }
    if (visited.size > MAX_REDIRECTS) {
      throw redirectError(
        options.target,
        response.status,
        `more than ${MAX_REDIRECTS} times`,
      );
    }
    visited.add(target.url.href);
  }
}

async function send(options: {
  target: RequestTarget;
  headers: Headers;
  body?: string;
  signal: AbortSignal;
}): Promise<Response> {
  const { target, headers, body, signal } = options;
  const init = {
    method: target.method,
    headers,
    body,
    signal,
    redirect: 'manual' as const,
    // In the default mode, fetch adds `Cache-Control: no-cache` to a conditional
    // request, upon which many servers (Express among them) never answer 304.
    // This mode adds `max-age=0`, which they let pass.
    cache: 'no-cache' as const,
  };
  try {
    return await fetch(target.url, init);
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(target, error);
  }
}

/** Where a redirect leads, if it may be followed (RFC 9110, section 10.2.2). */
function redirectUrl(target: RequestTarget, response: Response): URL {
  const location = response.headers.get('location');
  if (!location || !URL.canParse(location, target.url.href)) {
    throw redirectError(target, response.status, 'without a valid location');
  }
  const url = new URL(location, target.url);
  if (url.origin !== target.url.origin) {
    // An opaque origin, such as that of `data:`, is written "null".
    const other = url.origin === 'null' ? url.protocol : url.origin;
    throw redirectError(target, response.status, `to another origin, ${other}`);
  }
  if (hasUserInfo(url)) {
    throw redirectError(target, response.status, 'to a URL with a user name');
  }
  url.hash = '';
  return url;
}

function redirectError(
  target: RequestTarget,
  status: number,
  where: string,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} redirected (${status}) ${where}, which is not ` +
      `followed; configure the URL that answers itself`,
    { code: 'redirect', status },
  );
}
