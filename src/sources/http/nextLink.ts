import { paginationError } from './nextPage';
import { type Query, withMissingQuery } from './pageUrls';
import { hasUserInfo } from './requestTarget';

/**
 * Where a link to the next page leads, with those of the source's parameters
 * that it left out.
 *
 * Throws a `SourceError` of code `pagination` for one that is not followed.
 */
export function followNextLink(options: {
  source: string;
  link: string;
  /** What the link is relative to. */
  base: string;
  /** URL of the first page. */
  firstUrl: URL;
  query: Query;
  /** What to say of a link that is no URL. */
  unreadable: string;
}): URL {
  const { source, link, base, firstUrl, query, unreadable } = options;
  if (!URL.canParse(link, base)) {
    throw paginationError(source, unreadable);
  }
  const url = new URL(link, base);
  if (url.origin !== firstUrl.origin) {
    // An opaque origin, such as that of `data:`, is written "null".
    const other = url.origin === 'null' ? url.protocol : url.origin;
    throw paginationError(
      source,
      `a next link to another origin, ${other}, to which credentials must not go`,
    );
  }
  if (hasUserInfo(url)) {
    throw paginationError(source, 'a next link with a user name in it');
  }
  url.hash = '';
  return withMissingQuery(url, query);
}
