import type { JsonValue } from '@backstage/types';
import { SourceError } from '../model/errors';
import type {
  CursorPagination,
  LinkPagination,
  PaginationSettings,
} from '../model/settings';
import type { HttpAnswer } from './fetchAnswer';
import { findNextLink } from './findNextLink';
import { withMissingQuery, withQuery, type Query } from './pageUrls';
import { hasUserInfo } from './requestTarget';

export type ReadCursor = (answer: JsonValue) => Promise<JsonValue | undefined>;

type JsonAnswer = Extract<HttpAnswer, { type: 'json' }>;

export interface PageContext<P extends PaginationSettings> {
  source: string;
  pagination: P;
  /** URL of the first page. */
  firstUrl: URL;
  query: Query;
  readCursor?: ReadCursor;
  answer: JsonAnswer;
  /** Records of this page. */
  count: number;
  /** Pages so far, this one included. */
  pages: number;
  /** Records so far, those of this page included. */
  total: number;
}

/**
 * Where the page after this one is, or undefined where the list ends.
 *
 * Throws a `SourceError` of code `pagination` where that cannot be told.
 */
export async function nextPageUrl(
  context: PageContext<PaginationSettings>,
): Promise<URL | undefined> {
  const { pagination, firstUrl } = context;
  switch (pagination.type) {
    case 'none':
      return undefined;
    case 'link':
      return nextByLink({ ...context, pagination });
    case 'cursor':
      return nextByCursor({ ...context, pagination });
    default: {
      const { type, parameter } = pagination;
      const place =
        type === 'page' ? pagination.first + context.pages : context.total;
      // Only an empty page is an end: a server may give fewer than it is asked
      // for, on any page.
      return context.count === 0
        ? undefined
        : withQuery(firstUrl, { [parameter]: String(place) });
    }
  }
}

function nextByLink(context: PageContext<LinkPagination>): URL | undefined {
  const { source, firstUrl, query, answer } = context;
  const { link } = answer;
  const next = link ? findNextLink(link.value) : undefined;
  if (!link || !next || next.type === 'none') {
    return undefined;
  }
  if (next.type === 'malformed' || !URL.canParse(next.target, link.base)) {
    throw paginationError(source, `a 'Link' header that cannot be read`);
  }
  const url = new URL(next.target, link.base);
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

async function nextByCursor(
  context: PageContext<CursorPagination>,
): Promise<URL | undefined> {
  const { source, pagination, firstUrl, answer, readCursor } = context;
  const cursor = await readCursor!(answer.value);
  if (cursor === undefined || cursor === null || cursor === '') {
    return undefined;
  }
  if (typeof cursor !== 'string' && typeof cursor !== 'number') {
    throw paginationError(
      source,
      `a cursor that is neither a string nor a number; check 'pagination.next'`,
    );
  }
  return withQuery(firstUrl, { [pagination.parameter]: String(cursor) });
}

export function paginationError(source: string, fault: string): SourceError {
  return new SourceError(
    `source '${source}': the list is not complete: the server gave ${fault}`,
    { code: 'pagination' },
  );
}
