import type { ListAnswer } from '../RecordSource';
import type { Validators } from '../httpValidators';
import type { Requester } from './Requester';
import { type ReadAnswer, requireFound, type WholeAnswer } from './fetchAnswer';
import { incompleteBecause, type Signs, signsOf } from './completeness';
import {
  areUnchanged,
  keepValidators,
  type KnownPage,
  knownPages,
} from './pageValidators';
import {
  type ListSettings,
  type PageRequest,
  type Pagination,
  paginationError,
  type ReadCursor,
} from './pagination';
import { describeTarget } from './requestTarget';
import { type PageContent, readPage, type ReadPageOptions } from './readPage';

interface ListReaderOptions extends ReadPageOptions {
  settings: ListSettings;
  pagination: Pagination;
  readComplete?: ReadCursor;
  requester: Requester;
  validators?: Validators;
  /** Milliseconds since 1970 beyond which no wait for a retry may reach. */
  deadline: number;
  onRequest?: (what: string) => void;
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
  /** The pages so far, by what asked for them. */
  readonly #pages = new Map<string, KnownPage>();
  #records = 0;
  #signs: Signs = {};

  constructor(options: ListReaderOptions) {
    this.#options = options;
  }

  async read(): Promise<ListAnswer> {
    const { settings, pagination, validators } = this.#options;
    // A POST has no validators (RFC 9110, section 13.1).
    const [known, ...others] =
      settings.method === 'GET' ? knownPages(pagination, validators) : [];
    let request: PageRequest = { url: pagination.firstUrl };
    let page = await this.#fetchPage(request, known?.validators);
    if (!page && (await areUnchanged(others, this.#isUnchanged))) {
      return { type: 'not-modified' };
    }
    page ??= await this.#fetchPage(request);
    for (;;) {
      const next = await this.#nextPage(request, page);
      if (!next) {
        return this.#answer(page);
      }
      const nextPage = await this.#fetchPage(next);
      this.#assertDifferent(page, nextPage);
      request = next;
      page = nextPage;
    }
  }

  /** Passes a page to the sink. Undefined if it is the same as when it gave the validators. */
  async #fetchPage(request: PageRequest): Promise<Page>;
  async #fetchPage(
    request: PageRequest,
    known?: Validators,
  ): Promise<Page | undefined>;
  async #fetchPage(
    request: PageRequest,
    known?: Validators,
  ): Promise<Page | undefined> {
    return this.#fetch(request, body => readPage(this.#options, body), known);
  }

  readonly #isUnchanged = async ({ url, validators }: KnownPage) =>
    (await this.#fetch({ url }, async () => true, validators)) === undefined;

  async #fetch<T>(
    request: PageRequest,
    read: ReadAnswer<T>,
    validators?: Validators,
  ) {
    const { settings, requester, deadline, onRequest, signal } = this.#options;
    const { url, body = settings.body } = request;
    const { method } = settings;
    const page = this.#pages.size + 1;
    onRequest?.(`page ${page} of ${describeTarget({ method, url })}`);
    const answer = await requester.request({
      url,
      page,
      method,
      ...(body !== undefined && {
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
      validators,
      read,
      deadline,
      signal,
    });
    return requireFound(answer);
  }

  /** Counts a page, and gives what asks for the one after it. */
  async #nextPage(
    request: PageRequest,
    page: Page,
  ): Promise<PageRequest | undefined> {
    const { settings, pagination, listPath } = this.#options;
    const { url } = request;
    this.#pages.set(identify(request), { url, validators: page.validators });
    this.#records += page.value.count;
    this.#signs = { ...this.#signs, ...signsOf(page, listPath) };
    const { size: pages } = this.#pages;
    const next = await pagination.nextPage({
      page,
      pages,
      records: this.#records,
    });
    if (next && this.#pages.has(identify(next))) {
      throw paginationError(
        settings.name,
        `a cursor or next link for the second time, after ${pages} pages`,
      );
    }
    if (next && pages >= pagination.maxPages) {
      throw paginationError(
        settings.name,
        `more than ${pagination.maxPages} pages; if that is right, raise ` +
          `"pagination.maxPages"`,
      );
    }
    return next;
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

  async #answer({ value }: Page): Promise<ListAnswer> {
    const { settings, pagination, readComplete } = this.#options;
    // Even if there was only one page before the empty one: when a record of
    // the first page goes, the only one of the second moves up. A short page
    // does not prove that none was after it.
    const unstablePagination = pagination.isCounted && this.#records > 0;
    const incomplete = incompleteBecause({
      signs: this.#signs,
      records: this.#records,
      isPaged: settings.pagination.type !== 'none',
      complete: readComplete && { value: await readComplete(value.answer) },
    });
    return {
      type: 'listed',
      validators: keepValidators(pagination, [...this.#pages.values()]),
      ...(unstablePagination && { unstablePagination }),
      ...(incomplete && { incomplete }),
    };
  }
}

/** Equal for what asks for the same page. */
function identify({ url, body }: PageRequest): string {
  return JSON.stringify([url.href, body]);
}
