import { InputError } from '@backstage/errors';
import type { JsonObject, JsonValue } from '@backstage/types';
import LinkHeader from 'http-link-header';
import type { PaginationSettings } from '../../config/pagination';
import type { SourceSettings } from '../../config/source';
import { SourceError } from '../../lib/errors';
import { isObject } from '../../lib/values';
import type { WholeAnswer } from './fetchAnswer';
import type { PageContent } from './readPage';
import { resolveLink } from './requestTarget';

export type ListSettings = Pick<
  SourceSettings,
  'name' | 'url' | 'method' | 'body' | 'query' | 'pagination'
>;

/** What asks for a page. */
export interface PageRequest {
  url: URL;
  /** Of a POST, if it differs from that of the first page. */
  body?: JsonObject;
}

/**
 * A kind of pagination: how the pages of a list are found. To add one, describe
 * its settings in `config`, write it below, and list it in `createPagination`.
 */
export interface Pagination {
  firstUrl: URL;
  maxPages: number;
  /**
   * Pages are counted up to an empty one. So a record can be missed when the
   * list changes while it is read.
   */
  isCounted: boolean;
  /** Whether the validators of all pages tell of every change of the list. */
  hasValidators: boolean;
  /**
   * What asks for the page after the last one read. Undefined at the end of the
   * list. Throws a `SourceError` of code `pagination` if it cannot be told.
   */
  nextPage(progress: ListProgress): Promise<PageRequest | undefined>;
}

/** How far a list was read. */
export interface ListProgress {
  /** The page that was read last. */
  page: WholeAnswer<PageContent>;
  /** Pages so far. */
  pages: number;
  /** Records so far. */
  records: number;
}

/** Finds what leads to the next page inside an answer: a cursor, or a link. */
export type ReadCursor = (answer: JsonValue) => Promise<JsonValue | undefined>;

type Query = Record<string, string | string[]>;
type PaginationOf<T> = Extract<PaginationSettings, { type: T }>;

export function createPagination(
  settings: ListSettings,
  readCursor: ReadCursor = noCursor,
): Pagination {
  const { url, query, pagination } = settings;
  const base = {
    firstUrl: withQuery(new URL(url), { ...query, ...sizeQuery(pagination) }),
    maxPages: pagination.type === 'none' ? 1 : pagination.maxPages,
    isCounted: false,
    hasValidators: true,
  };
  switch (pagination.type) {
    case 'none':
      return { ...base, nextPage: async () => undefined };
    case 'link':
      return byLink(
        base,
        settings,
        pagination.next === undefined ? undefined : readCursor,
      );
    case 'cursor':
      return byCursor(base, settings, pagination, readCursor);
    case 'page': {
      const { parameter, first } = pagination;
      return counted(base, parameter, ({ pages }) => first + pages);
    }
    case 'offset':
    default:
      return counted(base, pagination.parameter, ({ records }) => records);
  }
}

type Base = Omit<Pagination, 'nextPage'>;

/** By the `Link` header, or by a link in the body if there is a way to read it. */
function byLink(
  base: Base,
  { name, query = {} }: ListSettings,
  readLink?: ReadCursor,
): Pagination {
  return {
    ...base,
    // The header can change while the body stays, which a validator is about.
    hasValidators: readLink !== undefined,
    nextPage: async ({ page }) => {
      const link = readLink
        ? await readLink(page.value.answer)
        : linkInHeader(name, page);
      if (isEnd(link)) {
        return undefined;
      }
      const url = resolveLink(link, new URL(page.url), target =>
        paginationError(name, `a next link to ${target}; check "pagination"`),
      );
      // Parameters that the source sets, and that the link leaves out.
      const missing = Object.entries(query).filter(
        ([parameter]) => !url.searchParams.has(parameter),
      );
      return { url: withQuery(url, Object.fromEntries(missing)) };
    },
  };
}

function byCursor(
  base: Base,
  { name, body }: ListSettings,
  { in: place, parameter }: PaginationOf<'cursor'>,
  readCursor: ReadCursor,
): Pagination {
  return {
    ...base,
    nextPage: async ({ page }) => {
      const cursor = await readCursor(page.value.answer);
      if (isEnd(cursor)) {
        return undefined;
      }
      if (typeof cursor !== 'string' && typeof cursor !== 'number') {
        throw paginationError(
          name,
          'a cursor that is neither a string nor a number; check "pagination.next"',
        );
      }
      const { firstUrl: url } = base;
      return place === 'body'
        ? { url, body: withValue(body, parameter.split('.'), cursor) }
        : { url: withQuery(url, { [parameter]: String(cursor) }) };
    },
  };
}

/** An object with the value at this path, where it replaces what is there. */
function withValue(
  value: unknown,
  [name, ...rest]: string[],
  inner: JsonValue,
): JsonObject {
  const object = isObject(value) ? value : {};
  return {
    ...object,
    [name]: rest.length === 0 ? inner : withValue(object[name], rest, inner),
  };
}

/** By the number of the page, or by the number of records before it. */
function counted(
  base: Base,
  parameter: string,
  positionAfter: (progress: Pick<ListProgress, 'pages' | 'records'>) => number,
): Pagination {
  const urlAfter = (progress: Pick<ListProgress, 'pages' | 'records'>) =>
    withQuery(base.firstUrl, { [parameter]: String(positionAfter(progress)) });
  return {
    ...base,
    firstUrl: urlAfter({ pages: 0, records: 0 }),
    isCounted: true,
    // Only an empty page is the end: a server may give fewer records than it
    // was asked for, on any page.
    nextPage: async progress =>
      progress.page.value.count === 0 ? undefined : { url: urlAfter(progress) },
  };
}

function sizeQuery(pagination: PaginationSettings): Query {
  if (pagination.type === 'none') {
    return {};
  }
  const { sizeParameter, pageSize } = pagination;
  return sizeParameter !== undefined && pageSize !== undefined
    ? { [sizeParameter]: String(pageSize) }
    : {};
}

async function noCursor(): Promise<never> {
  throw new InputError('This kind of pagination needs readCursor');
}

function isEnd(next: JsonValue | undefined): next is undefined | null | '' {
  return next === undefined || next === null || next === '';
}

/** The target of the link with `rel="next"` in the `Link` header. */
function linkInHeader(
  source: string,
  { link, url }: WholeAnswer<PageContent>,
): string | undefined {
  try {
    const next = parseLinks(link ?? '').find(
      ({ rel }) => rel?.toLowerCase() === 'next',
    );
    // An empty link is that of the page itself, and not the end.
    return next && (next.uri || url);
  } catch (error) {
    throw paginationError(source, 'a "Link" header that cannot be read', error);
  }
}

/** Name of a link's parameter, or what the parser takes for one. */
const PARAMETER = /^[^\s;,="<>]+$/;

/** Parses a `Link` header (RFC 8288). Throws an error for a malformed one. */
function parseLinks(header: string): LinkHeader.Reference[] {
  const { refs } = LinkHeader.parse(header);
  // The parser runs a parameter without a value, or a link without a comma,
  // into what follows it. A relation could then be overlooked.
  for (const { uri, rel, ...parameters } of refs) {
    const isMalformed = Object.keys(parameters).some(
      name => !PARAMETER.test(name),
    );
    if (isMalformed || /[<>]/.test(rel ?? '')) {
      throw new Error('A link has a malformed parameter');
    }
  }
  return refs;
}

/** A URL with these parameters, which replace its own of the same name. */
function withQuery(url: URL, query: Query): URL {
  const result = new URL(url);
  for (const [name, value] of Object.entries(query)) {
    result.searchParams.delete(name);
    for (const single of [value].flat()) {
      result.searchParams.append(name, single);
    }
  }
  return result;
}

export function paginationError(
  source: string,
  fault: string,
  cause?: unknown,
): SourceError {
  return new SourceError(
    `Source "${source}": the list is not complete: the server gave ${fault}`,
    { code: 'pagination', cause },
  );
}
