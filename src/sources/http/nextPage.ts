import type { JsonValue } from '@backstage/types';
import type {
  CursorPagination,
  LinkPagination,
  PaginationSettings,
} from '../../config/settings';
import { SourceError } from '../../lib/errors';
import type { PageContent } from './createPageReader';
import type { WholeAnswer } from './fetchAnswer';
import { findNextLink } from './findNextLink';
import { followNextLink } from './nextLink';
import { type Query, withQuery } from './pageUrls';

/** Finds what leads to the next page in an answer: a cursor, or a link. */
export type ReadCursor = (answer: JsonValue) => Promise<JsonValue | undefined>;

export interface PageContext<P extends PaginationSettings> {
  source: string;
  pagination: P;
  /** URL of the first page. */
  firstUrl: URL;
  query: Query;
  readCursor?: ReadCursor;
  page: WholeAnswer<PageContent>;
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
      return context.page.value.count === 0
        ? undefined
        : withQuery(firstUrl, { [parameter]: String(place) });
    }
  }
}

async function nextByLink(
  context: PageContext<LinkPagination>,
): Promise<URL | undefined> {
  return context.pagination.next === undefined
    ? nextByHeader(context)
    : nextByBody(context);
}

function nextByHeader(context: PageContext<LinkPagination>): URL | undefined {
  const { source, page } = context;
  const unreadable = `a 'Link' header that cannot be read`;
  const next = page.link ? findNextLink(page.link) : undefined;
  if (!next || next.type === 'none') {
    return undefined;
  }
  if (next.type === 'malformed') {
    throw paginationError(source, unreadable);
  }
  const { target: link } = next;
  return followNextLink({ ...context, link, base: page.url, unreadable });
}

async function nextByBody(
  context: PageContext<LinkPagination>,
): Promise<URL | undefined> {
  const { source, page, readCursor } = context;
  const link = await readCursor!(page.value.answer);
  if (link === undefined || link === null || link === '') {
    return undefined;
  }
  const unreadable = `a next link that is no URL; check 'pagination.next'`;
  if (typeof link !== 'string') {
    throw paginationError(source, unreadable);
  }
  return followNextLink({ ...context, link, base: page.url, unreadable });
}

async function nextByCursor(
  context: PageContext<CursorPagination>,
): Promise<URL | undefined> {
  const { source, pagination, firstUrl, page, readCursor } = context;
  const cursor = await readCursor!(page.value.answer);
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
