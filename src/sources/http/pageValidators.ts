import { hash } from 'node:crypto';
import type { PaginationSettings } from '../../config/settings';
import { SourceError } from '../../lib/errors';
import type { PageValidators, Validators } from '../RecordSource';
import { hasUserInfo } from './requestTarget';

/** Whether a page is as it was when it gave these validators. */
export type IsUnchanged = (
  url: URL,
  validators?: Validators,
) => Promise<boolean>;

/**
 * Asks about one page after the other, up to one that has changed. A page that
 * is no longer to be had counts as changed, since the server may have given its
 * cursor up: reading the list from its start then tells.
 */
export async function areUnchanged(
  pages: KnownPage[],
  isUnchanged: IsUnchanged,
): Promise<boolean> {
  for (const { url, validators } of pages) {
    try {
      if (!(await isUnchanged(url, validators))) {
        return false;
      }
    } catch (error) {
      if (saysNothingOfPage(error)) {
        throw error;
      }
      return false;
    }
  }
  return true;
}

/** Where the server as a whole cannot be asked, or not now. */
function saysNothingOfPage(error: unknown): boolean {
  return (
    !(error instanceof SourceError) ||
    error.retryAfterMs !== undefined ||
    error.code === 'network' ||
    error.code === 'timeout'
  );
}

/**
 * A page's URL for keeping: parameters that the source itself sets may hold a
 * key, and are there as digests. The server's own, such as a cursor, stay.
 */
function sealUrl(url: URL, firstUrl: URL): string {
  return mapParameters(url, (name, value) =>
    firstUrl.searchParams.getAll(name).includes(value) ? digest(value) : value,
  ).href;
}

/** The URL that was sealed, as far as the source still sets those parameters. */
function openUrl(sealed: string, firstUrl: URL): URL {
  return mapParameters(
    new URL(sealed),
    (name, value) =>
      firstUrl.searchParams.getAll(name).find(own => digest(own) === value) ??
      value,
  );
}

function mapParameters(
  url: URL,
  change: (name: string, value: string) => string,
): URL {
  const changed = new URL(url);
  changed.search = '';
  for (const [name, value] of url.searchParams) {
    changed.searchParams.append(name, change(name, value));
  }
  return changed;
}

function digest(value: string): string {
  return `sha256-${hash('sha256', value, 'base64url')}`;
}

/** A list of more pages is read again rather than asked about page by page. */
const MAX_PAGES = 200;

export interface KnownPage {
  url: URL;
  validators?: Validators;
}

interface ListContext {
  pagination: PaginationSettings;
  /** URL of the first page. */
  firstUrl: URL;
}

/**
 * What tells of every change of a list that was read in these pages; nothing
 * where a page gave no validator. One alone does where the body of a page names
 * the next one, if any. Otherwise the page could stay as it is while another
 * comes behind it, and only the validator of the empty page at the end tells.
 */
export function keepValidators(
  options: ListContext & { pages: KnownPage[] },
): Validators | undefined {
  const { pagination, firstUrl, pages } = options;
  if (isByHeader(pagination)) {
    return undefined;
  }
  if (pages.length === 1 && !isCounted(pagination)) {
    return pages[0].validators;
  }
  const isSound = pages.every(({ validators }) => validators);
  return isSound && pages.length <= MAX_PAGES
    ? {
        pages: pages.map(({ url, validators }) => ({
          url: sealUrl(url, firstUrl),
          ...validators,
        })),
      }
    : undefined;
}

/** The pages to ask about, the first one first; none where the list has to be read anyway. */
export function knownPages(
  options: ListContext & { validators?: Validators },
): KnownPage[] {
  const { pagination, firstUrl, validators = {} } = options;
  const { pages, ...ofList } = validators;
  if (isByHeader(pagination)) {
    return [];
  }
  if (!pages) {
    return isCounted(pagination) ? [] : [{ url: firstUrl, validators: ofList }];
  }
  return pages.every(page => mayBeSent(page, firstUrl)) &&
    pages[0]?.url === sealUrl(firstUrl, firstUrl)
    ? pages.map(({ url, ...validator }) => ({
        url: openUrl(url, firstUrl),
        validators: validator,
      }))
    : [];
}

/** Credentials go along, and so to no other origin, whoever wrote it down. */
function mayBeSent({ url }: PageValidators, firstUrl: URL): boolean {
  if (!URL.canParse(url)) {
    return false;
  }
  const parsed = new URL(url);
  return parsed.origin === firstUrl.origin && !hasUserInfo(parsed);
}

/** Where the place of the next page is counted off, up to an empty one. */
export function isCounted({ type }: PaginationSettings): boolean {
  return type === 'page' || type === 'offset';
}

/** A `Link` header may come or go without a change of the body that a validator speaks of. */
function isByHeader(pagination: PaginationSettings): boolean {
  return pagination.type === 'link' && pagination.next === undefined;
}
