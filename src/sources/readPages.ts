import { isDeepStrictEqual } from 'node:util';
import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import { SourceError } from '../model/errors';
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
  const first = await fetchPage(firstUrl, options.validators);
  if (first.type === 'not-modified') {
    return first;
  }
  let page: Page = { answer: first, records: await selectRecords(first.value) };
  const firstCount = page.records.length;
  const visited = new Set([firstUrl.href]);
  const records = [...page.records];
  for (;;) {
    const url = await nextPageUrl({
      ...options,
      answer: page.answer,
      firstUrl,
      firstCount,
      count: page.records.length,
      pages: visited.size,
      total: records.length,
    });
    if (url) {
      assertNewPage({ ...options, url, visited });
    }
    const next =
      url && (await fetchNextPage({ ...options, url, page, visited }));
    if (!next) {
      const isAll = records.length === firstCount;
      const keep = isAll && mayKeep(pagination, firstCount, visited.size);
      const validators = keep ? first.validators : undefined;
      return { type: 'records', records, validators };
    }
    for (const record of next.records) {
      records.push(record);
    }
    page = next;
  }
}

interface Page {
  answer: Extract<HttpAnswer, { type: 'json' }>;
  records: JsonValue[];
}

/** Statuses by which a server says that it has no such page. */
const NO_PAGE_STATUSES = [400, 404, 410, 416, 422];

/**
 * The page behind another, or undefined where there is none although it was
 * asked for.
 *
 * That is so behind a first page that is shorter than asked for: it may be all
 * there is, or the server gives less at a time. A server that has no second page
 * is free to say so by refusing it, or by giving the first one again.
 */
async function fetchNextPage(
  options: ReadPagesOptions & { url: URL; page: Page; visited: Set<string> },
): Promise<Page | undefined> {
  const { source, url, pagination, page, visited } = options;
  const { fetchPage, selectRecords } = options;
  const mayBeAll =
    visited.size === 2 &&
    isCounted(pagination) &&
    isShort(pagination, page.records.length);
  try {
    const answer = await fetchPage(url);
    if (answer.type === 'not-modified') {
      throw paginationError(source, 'no page, but 304');
    }
    const records = await selectRecords(answer.value);
    if (!isCounted(pagination) || !isSamePage(records, page.records)) {
      return { answer, records };
    }
  } catch (error) {
    if (mayBeAll && isNoPage(error)) {
      return undefined;
    }
    throw error;
  }
  if (mayBeAll) {
    return undefined;
  }
  throw paginationError(
    source,
    `the same page twice; check 'pagination.parameter'`,
  );
}

function isNoPage(error: unknown): boolean {
  return (
    error instanceof SourceError &&
    error.code === 'status' &&
    NO_PAGE_STATUSES.includes(error.status!)
  );
}

function isCounted({ type }: PaginationSettings): boolean {
  return type === 'page' || type === 'offset';
}

/** A server that does not know the parameter answers each page with the first one. */
function isSamePage(page: JsonValue[], previous: JsonValue[]): boolean {
  return page.length > 0 && isDeepStrictEqual(page, previous);
}

function isShort(pagination: PaginationSettings, count: number): boolean {
  return (
    'pageSize' in pagination &&
    pagination.pageSize !== undefined &&
    count < pagination.pageSize
  );
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
 * Whether validators of the only page with records tell of one added behind it.
 * A full page could stay as it is; its `Link` header is not part of its body.
 */
function mayKeep(
  pagination: PaginationSettings,
  count: number,
  pages: number,
): boolean {
  switch (pagination.type) {
    case 'none':
      return true;
    case 'cursor':
      return pages === 1;
    case 'link':
      return pages === 1 && isShort(pagination, count);
    default:
      return isShort(pagination, count);
  }
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
