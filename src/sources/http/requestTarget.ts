import { SourceError } from '../../lib/errors';

/** The request that an error message is about. */
export interface RequestTarget {
  /** Name of the source in the configuration. */
  source: string;
  url: URL;
  method?: 'GET' | 'POST';
  /** Which page of a list is requested, from 1. */
  page?: number;
}

/**
 * Describes a request in a message. Query, fragment and user info are left out,
 * since any of them may hold a credential.
 */
export function describeTarget(target: RequestTarget): string {
  const { source, url, method = 'GET', page = 1 } = target;
  const request = `Source "${source}": ${method} ${url.origin}${url.pathname}`;
  return page > 1 ? `${request} (page ${page})` : request;
}

/**
 * Makes a target of a configured URL.
 *
 * Throws a `SourceError` of code `network` for a URL that cannot be requested.
 * `fetch` would throw as well, with the whole URL in its message.
 */
export function parseTarget(
  request: Omit<RequestTarget, 'url'> & { url: string },
): RequestTarget {
  const { source, method, page } = request;
  if (!URL.canParse(request.url)) {
    throw new SourceError(
      `Source "${source}": its URL is not an absolute URL; correct "url"`,
      { code: 'network' },
    );
  }
  const target = { source, url: new URL(request.url), method, page };
  if (hasUserInfo(target.url)) {
    throw new SourceError(
      `${describeTarget(target)} was not sent: the URL holds a user name or ` +
        `password; put them into an "Authorization" header under "headers"`,
      { code: 'network' },
    );
  }
  return target;
}

export function hasUserInfo(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}
