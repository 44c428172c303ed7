import { SourceError } from '../../lib/errors';

/** What is asked of whom: enough to say in a message which request failed. */
export interface RequestTarget {
  /** Name of the source in the configuration. */
  source: string;
  url: URL;
  method?: 'GET' | 'POST';
}

/**
 * Names a target for people. Query, fragment and user info are left out, since
 * any of them may carry a credential.
 */
export function describeTarget(target: RequestTarget): string {
  const { source, url, method = 'GET' } = target;
  return `source '${source}': ${method} ${url.origin}${url.pathname}`;
}

/**
 * Makes a target of a configured URL.
 *
 * Throws a `SourceError` of code `network` for one that cannot be requested.
 * `fetch` would throw as well, with the whole URL in its message.
 */
export function parseTarget(options: {
  source: string;
  url: string;
  method?: 'GET' | 'POST';
}): RequestTarget {
  const { source, method } = options;
  if (!URL.canParse(options.url)) {
    throw new SourceError(
      `source '${source}': its URL is not an absolute URL; correct 'url'`,
      { code: 'network' },
    );
  }
  const target = { source, url: new URL(options.url), method };
  if (hasUserInfo(target.url)) {
    throw new SourceError(
      `${describeTarget(target)} was not sent: the URL holds a user name or ` +
        `password; put them into an 'Authorization' header under 'headers'`,
      { code: 'network' },
    );
  }
  return target;
}

export function hasUserInfo(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}
