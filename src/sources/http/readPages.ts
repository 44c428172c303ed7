import { InputError } from '@backstage/errors';
import type { PaginationSettings } from '../../config/settings';
import type { ListAnswer, Validators } from '../RecordSource';
import type { PageContent } from './createPageReader';
import type { HttpAnswer, WholeAnswer } from './fetchAnswer';
import { nextPageUrl, paginationError, type ReadCursor } from './nextPage';
import { firstPageQuery, type Query, withQuery } from './pageUrls';
import {
  areUnchanged,
  isCounted,
  type IsUnchanged,
  keepValidators,
  type KnownPage,
  knownPages,
} from './pageValidators';

export interface ReadPagesOptions {
  /** Name of the source, for messages. */
  source: string;
  url: URL;
  query: Query;
  pagination: PaginationSettings;
  /** Reads a page into the sink. Throws for everything that is no page. */
  fetchPage: (
    url: URL,
    validators?: Validators,
  ) => Promise<Exclude<HttpAnswer<PageContent>, { type: 'not-found' }>>;
  isUnchanged: IsUnchanged;
  /** Finds the next page's cursor or link in an answer, where the pagination has it there. */
  readCursor?: ReadCursor;
  validators?: Validators;
}

/**
 * A whole list, page by page. Whatever leaves a doubt that it is whole (a page
 * that fails, one that comes again, a cursor that goes in circles, pages without
 * end) throws, since records that are missing from a list are removed.
 */
export async function readPages(
  options: ReadPagesOptions,
): Promise<ListAnswer> {
  const firstUrl = firstPageUrl(options);
  const first = await fetchFirstPage({ ...options, firstUrl });
  return first
    ? readOn({ ...options, firstUrl, first })
    : { type: 'not-modified' };
}

type Page = WholeAnswer<PageContent>;

/** Undefined where every page of the list is as it was. */
async function fetchFirstPage(
  options: ReadPagesOptions & { firstUrl: URL },
): Promise<Page | undefined> {
  const { firstUrl, fetchPage, isUnchanged } = options;
  const [known, ...others] = knownPages(options);
  const first = await fetchPage(firstUrl, known?.validators);
  if (first.type === 'json') {
    return first;
  }
  return (await areUnchanged(others, isUnchanged))
    ? undefined
    : fetchWhole(options, firstUrl);
}

/** Reads on from the first page. */
async function readOn(
  options: ReadPagesOptions & { firstUrl: URL; first: Page },
): Promise<ListAnswer> {
  const { pagination, firstUrl, first } = options;
  const pages: KnownPage[] = [{ url: firstUrl, validators: first.validators }];
  const visited = new Set([firstUrl.href]);
  let page = first;
  let total = page.value.count;
  for (;;) {
    const context = { pages: pages.length, total, page };
    const url = await nextPageUrl({ ...options, ...context });
    if (!url) {
      // Against the empty page as well: when a record of the first page goes,
      // the only one behind it moves up. A short page is no proof that none was
      // behind it, since a server may give fewer than it is asked for.
      const unstablePagination = isCounted(pagination) && total > 0;
      const validators = keepValidators({ ...options, pages });
      return { type: 'listed', validators, ...(unstablePagination && { unstablePagination }) };
    }
    assertNewPage({ ...options, url, visited });
    page = await fetchNextPage({ ...options, url, page });
    pages.push({ url, validators: page.validators });
    total += page.value.count;
  }
}

/** The page behind another. Throws where there is none, whatever the status that says so. */
async function fetchNextPage(
  options: ReadPagesOptions & { url: URL; page: Page },
): Promise<Page> {
  const { source, url, pagination, page } = options;
  const next = await fetchWhole(options, url);
  if (isCounted(pagination) && isSamePage(next, page)) {
    throw paginationError(
      source,
      `the same page twice; check 'pagination.parameter'`,
    );
  }
  return next;
}

async function fetchWhole(
  { source, fetchPage }: ReadPagesOptions,
  url: URL,
): Promise<Page> {
  const answer = await fetchPage(url);
  if (answer.type === 'not-modified') {
    throw paginationError(source, 'no page, but 304');
  }
  return answer;
}

/** A server that does not know the parameter answers each page with the first one. */
function isSamePage({ value }: Page, { value: previous }: Page): boolean {
  return value.count > 0 && value.digest === previous.digest;
}

function firstPageUrl({ url, query, pagination }: ReadPagesOptions): URL {
  return withQuery(url, { ...query, ...firstPageQuery(pagination) });
}

function assertNewPage(options: {
  source: string;
  pagination: PaginationSettings;
  url: URL;
  visited: Set<string>;
}): void {
  const { source, pagination, url, visited } = options;
  if (visited.has(url.href)) {
    throw paginationError(
      source,
      `a cursor or next link for the second time, after ${visited.size} pages`,
    );
  }
  if (pagination.type !== 'none' && visited.size >= pagination.maxPages) {
    throw paginationError(
      source,
      `more than ${pagination.maxPages} pages; if that is right, raise 'pagination.maxPages'`,
    );
  }
  visited.add(url.href);
}

/** Throws an `InputError` where something to read pages with was not given. */
export function assertReadable(
  pagination: PaginationSettings,
  readCursor: ReadCursor | undefined,
): void {
  if (!readCursor && 'next' in pagination && pagination.next !== undefined) {
    throw new InputError(
      `Pagination by ${pagination.type} needs readCursor, which finds what ` +
        `leads to the next page in an answer`,
    );
  }
}
