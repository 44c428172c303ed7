import { SourceError, type SourceErrorOptions } from '../../lib/errors';

/** The request that an error message is about. */
export interface RequestTarget {
  /** Name of the source in the configuration. */
  source: string;
  url: URL;
  /** Default: GET. */
  method?: 'GET' | 'POST';
  /** Which page of a list is requested, from 1. */
  page?: number;
}

/** Without query, fragment and user info, since any of them may hold a credential. */
export function describeTarget({
  method = 'GET',
  url,
}: Pick<RequestTarget, 'method' | 'url'>): string {
  return `${method} ${url.origin}${url.pathname}`;
}

/**
 * An error that names the request.
 */
export function requestError(
  { source, page = 1, ...target }: RequestTarget,
  fault: string,
  options: SourceErrorOptions,
): SourceError {
  const where = page > 1 ? ` (page ${page})` : '';
  return new SourceError(
    `Source "${source}": ${describeTarget(target)}${where} ${fault}`,
    options,
  );
}

/**
 * The URL of a link that the server gave. Credentials are sent along, so a link
 * to another origin is refused, with the error that `fail` gives.
 */
export function resolveLink(
  link: unknown,
  base: URL,
  fail: (target: string) => SourceError,
): URL {
  if (
    typeof link !== 'string' ||
    link === '' ||
    !URL.canParse(link, base.href)
  ) {
    throw fail('an invalid URL');
  }
  const url = new URL(link, base);
  if (url.origin !== base.origin) {
    throw fail(`another origin, ${url.origin}`);
  }
  if (url.username || url.password) {
    throw fail('a URL with a user name');
  }
  url.hash = '';
  return url;
}
