import type { SourceSettings } from '../../config/settings';
import type { ListAnswer } from '../RecordSource';
import type { Validators } from '../validators';
import type { HttpAnswer, WholeAnswer } from './fetchAnswer';
import { type Pagination, paginationError, withQuery } from './pagination';
import {
  areUnchanged,
  keepValidators,
  type KnownPage,
  knownPages,
} from './pageValidators';
import { type PageContent, readPage, type ReadPageOptions } from './readPage';
import type { Requester } from './Requester';
import { parseTarget } from './requestTarget';

type ListSettings = Pick<
  SourceSettings,
  'name' | 'url' | 'method' | 'body' | 'query'
>;

interface ListReaderOptions extends ReadPageOptions {
  settings: ListSettings;
  pagination: Pagination;
  requester: Requester;
  validators?: Validators;
  /** Milliseconds since 1970 beyond which no wait for a retry may reach. */
  deadline: number;
  signal: AbortSignal;
}

type Page = WholeAnswer<PageContent>;

/**
 * Reads a list once, page by page. Throws if there is any doubt that the list
 * is complete, since records that it lacks are removed: when a page fails or
 * comes again, when a cursor repeats, or when there are too many pages.
 */
export class ListReader {
  readonly #options: ListReaderOptions;
  readonly #firstUrl: URL;
  readonly #pages: KnownPage[] = [];
  readonly #visited = new Set<string>();
  #records = 0;

  constructor(options: ListReaderOptions) {
    const { settings, pagination } = options;
    const { name: source, url, query } = settings;
    this.#options = options;
    this.#firstUrl = withQuery(parseTarget({ source, url }).url, {
      ...query,
      ...pagination.firstQuery,
    });
  }

  async read(): Promise<ListAnswer> {
    const [known, ...others] = this.#knownPages();
    let url = this.#firstUrl;
    let page = await this.#fetch(url, known?.validators);
    if (!page && (await areUnchanged(others, this.#isUnchanged))) {
      return { type: 'not-modified' };
    }
    page ??= await this.#fetch(url);
    for (;;) {
      const nextUrl = await this.#nextUrl(url, page);
      if (!nextUrl) {
        return this.#answer();
      }
      const nextPage = await this.#fetch(nextUrl);
      this.#assertDifferent(page, nextPage);
      url = nextUrl;
      page = nextPage;
    }
  }

  #knownPages(): KnownPage[] {
    // A POST has no validators (RFC 9110, section 13.1).
    return this.#options.settings.method === 'GET'
      ? knownPages({ ...this.#options, firstUrl: this.#firstUrl })
      : [];
  }

  /** Passes a page to the sink. Undefined if it is the same as when it gave the validators. */
  async #fetch(url: URL): Promise<Page>;
  async #fetch(url: URL, validators?: Validators): Promise<Page | undefined>;
  async #fetch(url: URL, validators?: Validators): Promise<Page | undefined> {
    const answer = await this.#options.requester.request({
      ...this.#request(url),
      page: this.#pages.length + 1,
      validators,
      read: body => readPage({ ...this.#options, body }),
    });
    return requireFound(answer);
  }

  readonly #isUnchanged = async ({ url, validators }: KnownPage) => {
    const answer = await this.#options.requester.request({
      ...this.#request(url),
      validators,
      read: async () => true,
    });
    return requireFound(answer) === undefined;
  };

  /** What all pages of a list are requested with. */
  #request(url: URL) {
    const { settings, deadline, signal } = this.#options;
    const { method, body } = settings;
    return {
      url: url.href,
      method,
      deadline,
      signal,
      ...(body !== undefined && {
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    };
  }

  /** Counts a page, and gives the URL of the one after it. */
  async #nextUrl(url: URL, page: Page): Promise<URL | undefined> {
    const { settings, pagination } = this.#options;
    const { name: source, query = {} } = settings;
    this.#pages.push({ url, validators: page.validators });
    this.#visited.add(url.href);
    this.#records += page.value.count;
    const next = await pagination.nextUrl({
      source,
      firstUrl: this.#firstUrl,
      query,
      page,
      pages: this.#pages.length,
      records: this.#records,
    });
    if (next) {
      this.#assertMayFollow(next);
    }
    return next;
  }

  #assertMayFollow(url: URL): void {
    const { settings, pagination } = this.#options;
    const { size } = this.#visited;
    if (this.#visited.has(url.href)) {
      throw paginationError(
        settings.name,
        `a cursor or next link for the second time, after ${size} pages`,
      );
    }
    if (size >= pagination.maxPages) {
      throw paginationError(
        settings.name,
        `more than ${pagination.maxPages} pages; if that is right, raise ` +
          `"pagination.maxPages"`,
      );
    }
  }

  /** A server that does not know the parameter answers each page with the first one. */
  #assertDifferent({ value: page }: Page, { value: next }: Page): void {
    const { settings, pagination } = this.#options;
    const isSame = next.count > 0 && next.digest === page.digest;
    if (pagination.isCounted && isSame) {
      throw paginationError(
        settings.name,
        'the same page twice; check "pagination.parameter"',
      );
    }
  }

  #answer(): ListAnswer {
    const { pagination } = this.#options;
    // Even if there was only one page before the empty one: when a record of
    // the first page goes, the only one of the second moves up. A short page
    // does not prove that none was after it.
    const unstablePagination = pagination.isCounted && this.#records > 0;
    return {
      type: 'listed',
      validators: keepValidators({
        pagination,
        firstUrl: this.#firstUrl,
        pages: this.#pages,
      }),
      ...(unstablePagination && { unstablePagination }),
    };
  }
}

/** Gives the value of an answer, or undefined if nothing has changed. */
function requireFound<T>(answer: HttpAnswer<T>): WholeAnswer<T> | undefined {
  if (answer.type === 'not-found') {
    throw answer.error;
  }
  return answer.type === 'json' ? answer : undefined;
}
