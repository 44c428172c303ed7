import { isDeepStrictEqual } from 'node:util';
import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import type { PaginationSettings } from '../model/settings';
import type { ListAnswer, Validators } from '../model/source';
import type { HttpAnswer } from './fetchAnswer';
import { nextPageUrl, paginationError, type ReadCursor } from './nextPage';
import { firstPageQuery, withQuery, type Query } from './pageUrls';

export interface ReadPagesOptions {
  /** Name of the source, for messages. */
  source: string;
  url: URL;
  query: Query;
  pagination: PaginationSettings;
  /** Throws for everything that is no page. */
  fetchPage: (
    url: URL,
    validators?: Validators,
  ) => Promise<Exclude<HttpAnswer, { type: 'not-found' }>>;
  selectRecords: (answer: JsonValue) => Promise<JsonValue[]>;
  /** Finds the next page's cursor in an answer; needed for pagination by cursor. */
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
  const { pagination, fetchPage, selectRecords } = options;
  const firstUrl = firstPageUrl(options);
  const known = mayKeep(pagination) ? options.validators : undefined;
  const first = await fetchPage(firstUrl, known);
  if (first.type === 'not-modified') {
    return first;
  }
  let page: Page = { answer: first, records: await selectRecords(first.value) };
  const visited = new Set([firstUrl.href]);
  const records = [...page.records];
  for (;;) {
    const url = await nextPageUrl({
      ...options,
      answer: page.answer,
      firstUrl,
      count: page.records.length,
      pages: visited.size,
      total: records.length,
    });
    if (!url) {
      const keep = mayKeep(pagination) && visited.size === 1;
      const validators = keep ? first.validators : undefined;
      // The first page with records cannot shift against the empty one.
      const mayShift = isCounted(pagination) && visited.size > 2;
      return {
        type: 'records',
        records,
        validators,
        ...(mayShift && { mayShift }),
      };
    }
    assertNewPage({ ...options, url, visited });
    page = await fetchNextPage({ ...options, url, page });
    for (const record of page.records) {
      records.push(record);
    }
  }
}

interface Page {
  answer: Extract<HttpAnswer, { type: 'json' }>;
  records: JsonValue[];
}

/** The page behind another. Throws where there is none, whatever the status that says so. */
async function fetchNextPage(
  options: ReadPagesOptions & { url: URL; page: Page },
): Promise<Page> {
  const { source, url, pagination, page, fetchPage, selectRecords } = options;
  const answer = await fetchPage(url);
  if (answer.type === 'not-modified') {
    throw paginationError(source, 'no page, but 304');
  }
  const records = await selectRecords(answer.value);
  if (isCounted(pagination) && isSamePage(records, page.records)) {
    throw paginationError(
      source,
      `the same page twice; check 'pagination.parameter'`,
    );
  }
  return { answer, records };
}

function isCounted({ type }: PaginationSettings): boolean {
  return type === 'page' || type === 'offset';
}

/** A server that does not know the parameter answers each page with the first one. */
function isSamePage(page: JsonValue[], previous: JsonValue[]): boolean {
  return page.length > 0 && isDeepStrictEqual(page, previous);
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

/**
 * Whether validators of an only page tell of every change of the list. They do
 * where the body of a page names the next one, if any. Otherwise the page could
 * stay as it is while another comes behind it.
 */
function mayKeep({ type }: PaginationSettings): boolean {
  return type === 'none' || type === 'cursor';
}

/** Throws an `InputError` where something to read pages with was not given. */
export function assertReadable(
  pagination: PaginationSettings,
  readCursor: ReadCursor | undefined,
): void {
  if (pagination.type === 'cursor' && !readCursor) {
    throw new InputError(
      'Pagination by cursor needs readCursor, which finds the cursor in an answer',
    );
  }
}
