import { isError } from '@backstage/errors';
import type { SourceError } from '../../lib/errors';
import { requestError, type RequestTarget, resolveLink } from './requestTarget';

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** These keep method and body. The others turn a POST into a GET (RFC 9110, section 15.4). */
const KEEPING_STATUSES = [307, 308];

interface SendOptions {
  headers: Headers;
  body?: string;
  signal: AbortSignal;
  /** Default: that of the process. */
  fetch?: typeof fetch;
}

/**
 * Sends a request and follows up to 5 redirects within the origin of the first URL.
 *
 * The headers may hold credentials and are sent along. So a redirect to another
 * origin is refused with a `SourceError` of code `redirect`. One of code
 * `network` says that there was no answer.
 */
export async function followRedirects(
  first: RequestTarget,
  init: SendOptions,
): Promise<Response> {
  let target = first;
  for (let redirects = 0; ; redirects++) {
    const response = await send(target, init);
    if (!REDIRECT_STATUSES.includes(response.status)) {
      return response;
    }
    await discardBody(response);
    if (redirects === MAX_REDIRECTS) {
      throw redirectError(first, response, `more than ${MAX_REDIRECTS} times`);
    }
    target = { ...target, url: redirectUrl(target, response) };
  }
}

async function send(
  target: RequestTarget,
  { fetch: ask = fetch, ...init }: SendOptions,
): Promise<Response> {
  const options = {
    ...init,
    method: target.method,
    redirect: 'manual' as const,
    // By default, fetch adds `Cache-Control: no-cache` to a conditional
    // request. Many servers, such as Express, then never answer 304. This
    // mode adds `max-age=0`, which they accept.
    cache: 'no-cache' as const,
  };
  try {
    return await ask(target.url, options);
  } catch (error) {
    init.signal.throwIfAborted();
    throw networkError(target, error);
  }
}

/** Where a redirect leads, if it may be followed (RFC 9110, section 10.2.2). */
function redirectUrl(target: RequestTarget, response: Response): URL {
  if (target.method === 'POST' && !KEEPING_STATUSES.includes(response.status)) {
    throw redirectError(target, response, 'in a way that drops the body');
  }
  return resolveLink(response.headers.get('location'), target.url, where =>
    redirectError(target, response, `to ${where}`),
  );
}

/** Ends an answer whose body nobody will read, so that its socket is released. */
export async function discardBody(response: Response): Promise<void> {
  // A body that has failed already has nothing left to release.
  await response.body?.cancel().catch(() => undefined);
}

function redirectError(
  target: RequestTarget,
  { status }: Response,
  where: string,
): SourceError {
  return requestError(
    target,
    `redirected (${status}) ${where}, which is not followed; configure the ` +
      `URL that answers itself`,
    { code: 'redirect', status },
  );
}

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
  return requestError(
    target,
    `failed${code ? ` with ${code}` : ''}; ${networkHint(code)}`,
    { code: 'network', cause },
  );
}

/** OpenSSL's names for a chain of certificates that ends in none that is trusted. */
const UNTRUSTED =
  /SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)|CERT_UNTRUSTED|INVALID_CA/;
const OTHER_TLS = /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

function networkHint(code = ''): string {
  if (UNTRUSTED.test(code)) {
    return (
      'Node.js does not trust the certificate; start the backend with ' +
      'NODE_EXTRA_CA_CERTS set to a PEM file of the authority that signed it'
    );
  }
  return OTHER_TLS.test(code)
    ? "check the server's certificate and its host name in the URL, and " +
        'whether it speaks TLS; a private authority belongs in NODE_EXTRA_CA_CERTS'
    : 'check the URL, the proxy settings and whether the server is up';
}

/** The code of the innermost cause that has one: the others only wrap it. */
function systemCode(error: unknown): string | undefined {
  if (!isError(error)) {
    return undefined;
  }
  const code = typeof error.code === 'string' ? error.code : undefined;
  return systemCode(error.cause) ?? code;
}
