import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import LinkHeader from 'http-link-header';
import type {
  CursorPagination,
  LinkPagination,
  OffsetPagination,
  PagePagination,
  PaginationSettings,
} from '../../config/settings';
import { SourceError } from '../../lib/errors';
import type { WholeAnswer } from './fetchAnswer';
import { describeOrigin } from './followRedirects';
import type { PageContent } from './readPage';
import { hasUserInfo } from './requestTarget';

/**
 * A kind of pagination: how the pages of a list are found. To add one, describe
 * its settings in `config`, write it below, and list it in `createPagination`.
 */
export interface Pagination {
  /** Query parameters of the first page. */
  firstQuery: Query;
  maxPages: number;
  /**
   * Pages are counted up to an empty one. So a record can be missed when the
   * list changes while it is read.
   */
  isCounted: boolean;
  /** Whether the validators of all pages tell of every change of the list. */
  hasValidators: boolean;
  /**
   * The URL of the page after the last one read. Undefined at the end of the
   * list. Throws a `SourceError` of code `pagination` if it cannot be told.
   */
  nextUrl(progress: ListProgress): Promise<URL | undefined>;
}

export type Query = Record<string, string | string[]>;

/** How far a list was read. */
export interface ListProgress {
  /** Name of the source, for messages. */
  source: string;
  firstUrl: URL;
  /** Parameters that the source sets, for links that leave them out. */
  query: Query;
  /** The page that was read last. */
  page: WholeAnswer<PageContent>;
  /** Pages so far. */
  pages: number;
  /** Records so far. */
  records: number;
}

/** Finds what leads to the next page inside an answer: a cursor, or a link. */
export type ReadCursor = (answer: JsonValue) => Promise<JsonValue | undefined>;

/** Throws an `InputError` if the kind needs `readCursor` and there is none. */
export function createPagination(
  settings: PaginationSettings,
  readCursor?: ReadCursor,
): Pagination {
  switch (settings.type) {
    case 'none':
      return singlePage();
    case 'link':
      return settings.next === undefined
        ? linkInHeader(settings)
        : linkInBody(settings, required(settings, readCursor));
    case 'cursor':
      return cursorInBody(settings, required(settings, readCursor));
    case 'page':
      return counted(settings, ({ pages }) => settings.first + pages);
    case 'offset':
    default:
      return counted(settings, ({ records }) => records);
  }
}

function singlePage(): Pagination {
  return {
    firstQuery: {},
    maxPages: 1,
    isCounted: false,
    hasValidators: true,
    nextUrl: async () => undefined,
  };
}

function linkInHeader(settings: LinkPagination): Pagination {
  return {
    ...pageByPage(settings),
    // The header can change while the body stays, which a validator is about.
    hasValidators: false,
    nextUrl: async progress => {
      const link = findNextLink(progress);
      return link === undefined ? undefined : resolveLink(progress, link);
    },
  };
}

function linkInBody(
  settings: LinkPagination,
  readCursor: ReadCursor,
): Pagination {
  return {
    ...pageByPage(settings),
    nextUrl: async progress => {
      const link = await readCursor(progress.page.value.answer);
      return isEnd(link) ? undefined : resolveLink(progress, link);
    },
  };
}

function cursorInBody(
  settings: CursorPagination,
  readCursor: ReadCursor,
): Pagination {
  return {
    ...pageByPage(settings),
    nextUrl: async ({ source, firstUrl, page }) => {
      const cursor = await readCursor(page.value.answer);
      if (isEnd(cursor)) {
        return undefined;
      }
      if (typeof cursor !== 'string' && typeof cursor !== 'number') {
        throw paginationError(
          source,
          'a cursor that is neither a string nor a number; check "pagination.next"',
        );
      }
      return withQuery(firstUrl, { [settings.parameter]: String(cursor) });
    },
  };
}

/** By the number of the page, or by the number of records before it. */
function counted(
  settings: PagePagination | OffsetPagination,
  positionAfter: (progress: Pick<ListProgress, 'pages' | 'records'>) => number,
): Pagination {
  const queryAt = (position: number) => ({
    [settings.parameter]: String(position),
  });
  const common = pageByPage(settings);
  const first = positionAfter({ pages: 0, records: 0 });
  return {
    ...common,
    firstQuery: { ...common.firstQuery, ...queryAt(first) },
    isCounted: true,
    // Only an empty page is the end: a server may give fewer records than it
    // was asked for, on any page.
    nextUrl: async progress =>
      progress.page.value.count === 0
        ? undefined
        : withQuery(progress.firstUrl, queryAt(positionAfter(progress))),
  };
}

/** What most kinds have in common. */
function pageByPage(settings: Exclude<PaginationSettings, { type: 'none' }>) {
  const { sizeParameter, pageSize, maxPages } = settings;
  const firstQuery: Query =
    sizeParameter !== undefined && pageSize !== undefined
      ? { [sizeParameter]: String(pageSize) }
      : {};
  return { firstQuery, maxPages, isCounted: false, hasValidators: true };
}

function required(
  { type }: PaginationSettings,
  readCursor: ReadCursor | undefined,
): ReadCursor {
  if (!readCursor) {
    throw new InputError(
      `Pagination by ${type} needs readCursor, which finds what leads to the ` +
        `next page in an answer`,
    );
  }
  return readCursor;
}

function isEnd(next: JsonValue | undefined): next is undefined | null | '' {
  return next === undefined || next === null || next === '';
}

/** The target of the link with `rel="next"` in the `Link` header. */
function findNextLink({ source, page }: ListProgress): string | undefined {
  try {
    const links = parseLinks(page.link ?? '');
    return links.find(({ rel }) => rel?.toLowerCase() === 'next')?.uri;
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
    const malformed = Object.keys(parameters).find(
      name => !PARAMETER.test(name),
    );
    if (malformed !== undefined || /[<>]/.test(rel ?? '')) {
      throw new Error('A link has a malformed parameter');
    }
  }
  return refs;
}

/**
 * The URL of a link, with the parameters of the source that it left out.
 * Credentials go along, so a link to another origin is refused.
 */
function resolveLink(progress: ListProgress, link: JsonValue): URL {
  const { source, page, firstUrl, query } = progress;
  if (typeof link !== 'string' || !URL.canParse(link, page.url)) {
    const fault = 'a next link that is not a URL; check "pagination"';
    throw paginationError(source, fault);
  }
  const url = new URL(link, page.url);
  if (url.origin !== firstUrl.origin) {
    throw paginationError(
      source,
      `a next link to another origin, ${describeOrigin(url)}, to which ` +
        `credentials must not go`,
    );
  }
  if (hasUserInfo(url)) {
    throw paginationError(source, 'a next link with a user name in it');
  }
  url.hash = '';
  const missing = Object.entries(query).filter(
    ([name]) => !url.searchParams.has(name),
  );
  return withQuery(url, Object.fromEntries(missing));
}

/** A URL with these parameters, which replace its own of the same name. */
export function withQuery(url: URL, query: Query): URL {
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
