import { isError } from '@backstage/errors';
import { SourceError } from '../../lib/errors';
import {
  describeTarget,
  hasUserInfo,
  type RequestTarget,
} from './requestTarget';

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** These keep method and body. The others turn a POST into a GET (RFC 9110, section 15.4). */
const KEEPING_STATUSES = [307, 308];

/**
 * Sends a request and follows up to 5 redirects within the origin of the first URL.
 *
 * The headers may hold credentials and are sent along. So a redirect to another
 * origin is refused with a `SourceError` of code `redirect`, as is a loop. One
 * of code `network` says that there was no answer.
 */
export async function followRedirects(options: {
  target: RequestTarget;
  headers: Headers;
  body?: string;
  signal: AbortSignal;
}): Promise<Response> {
  const { headers, body, signal } = options;
  let { target } = options;
  const visited = new Set([target.url.href]);
  for (;;) {
    const init = {
      method: target.method,
      headers,
      body,
      signal,
      redirect: 'manual' as const,
      // By default, fetch adds `Cache-Control: no-cache` to a conditional
      // request. Many servers, such as Express, then never answer 304. This
      // mode adds `max-age=0`, which they accept.
      cache: 'no-cache' as const,
    };
    let response: Response;
    try {
      response = await fetch(target.url, init);
    } catch (error) {
      signal.throwIfAborted();
      throw networkError(target, error);
    }
    if (!REDIRECT_STATUSES.includes(response.status)) {
      return response;
    }
    await discardBody(response);
    target = { ...target, url: redirectUrl(target, response) };
    if (visited.has(target.url.href)) {
      throw redirectError(options.target, response, 'in a loop');
    }
    if (visited.size > MAX_REDIRECTS) {
      const often = `more than ${MAX_REDIRECTS} times`;
      throw redirectError(options.target, response, often);
    }
    visited.add(target.url.href);
  }
}

/** Where a redirect leads, if it may be followed (RFC 9110, section 10.2.2). */
function redirectUrl(target: RequestTarget, response: Response): URL {
  if (target.method === 'POST' && !KEEPING_STATUSES.includes(response.status)) {
    throw redirectError(target, response, 'in a way that drops the body');
  }
  const location = response.headers.get('location');
  if (!location || !URL.canParse(location, target.url.href)) {
    throw redirectError(target, response, 'without a valid location');
  }
  const url = new URL(location, target.url);
  if (url.origin !== target.url.origin) {
    const origin = describeOrigin(url);
    throw redirectError(target, response, `to another origin, ${origin}`);
  }
  if (hasUserInfo(url)) {
    throw redirectError(target, response, 'to a URL with a user name');
  }
  url.hash = '';
  return url;
}

/** An opaque origin, such as that of `data:`, is written "null". */
export function describeOrigin(url: URL): string {
  return url.origin === 'null' ? url.protocol : url.origin;
}

/** Ends an answer whose body nobody will read, so that its socket is released. */
export async function discardBody(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // The body has failed already: there is nothing left to release.
  }
}

function redirectError(
  target: RequestTarget,
  { status }: Response,
  where: string,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} redirected (${status}) ${where}, which is not ` +
      `followed; configure the URL that answers itself`,
    { code: 'redirect', status },
  );
}

/** The system code of a cause deeper than this does not matter, or the causes form a cycle. */
const MAX_CAUSES = 8;

/**
 * A `SourceError` of code `network` for what `fetch` or a body's stream threw.
 * Both hide what happened ("fetch failed", "terminated") in a cause. Its system
 * code, such as `ECONNREFUSED`, goes into the message.
 */
export function networkError(
  target: RequestTarget,
  cause: unknown,
): SourceError {
  const code = systemCode(cause);
  return new SourceError(
    `${describeTarget(target)} failed${code ? ` with ${code}` : ''}; check ` +
      `the URL, the proxy settings and whether the server is up`,
    { code: 'network', cause },
  );
}

/** The code of the innermost cause that has one: the others only wrap it. */
function systemCode(error: unknown): string | undefined {
  let current = error;
  let code: string | undefined;
  for (let depth = 0; depth < MAX_CAUSES && isError(current); depth++) {
    code = typeof current.code === 'string' ? current.code : code;
    current = current.cause;
  }
  return code;
}
