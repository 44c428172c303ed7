import { hash } from 'node:crypto';
import { SourceError } from '../../lib/errors';
import type { Validators } from '../httpValidators';
import type { Pagination } from './pagination';

/** A list of more pages is read again rather than checked page by page. */
const MAX_PAGES = 200;

/** A page of a list, and what it can be checked with. */
export interface KnownPage {
  url: URL;
  validators?: Validators;
}

/**
 * The validators to keep of a list that was read in these pages: they have to
 * tell of every change of the list. None if a page gave no validator.
 *
 * Those of a single page are enough if its body names the next page, or there
 * is none. Counted pages need the validator of the empty page at the end too:
 * the first page stays the same when another one is added after it.
 */
export function keepValidators(
  { hasValidators, isCounted, firstUrl }: Pagination,
  pages: KnownPage[],
): Validators | undefined {
  if (!hasValidators || pages.length > MAX_PAGES) {
    return undefined;
  }
  if (pages.length === 1 && !isCounted) {
    return pages[0].validators;
  }
  if (!pages.every(page => page.validators)) {
    return undefined;
  }
  return {
    pages: pages.map(({ url, validators }) => ({
      url: redactUrl(url, firstUrl),
      ...validators,
    })),
  };
}

/** The pages to check, the first one first. None if the list has to be read anyway. */
export function knownPages(
  { hasValidators, isCounted, firstUrl }: Pagination,
  { pages, ...ofList }: Validators = {},
): KnownPage[] {
  if (!hasValidators) {
    return [];
  }
  if (!pages) {
    return isCounted ? [] : [{ url: firstUrl, validators: ofList }];
  }
  // Credentials are sent along, so no URL may lead to another origin.
  const isOfList =
    pages[0]?.url === redactUrl(firstUrl, firstUrl) &&
    pages.every(({ url }) => new URL(url).origin === firstUrl.origin);
  return isOfList
    ? pages.map(({ url, ...validators }) => ({
        url: restoreUrl(url, firstUrl),
        validators,
      }))
    : [];
}

/**
 * Checks one page after another, up to one that has changed. A page that fails
 * counts as changed, since its cursor may have expired: the list is then read
 * from its start.
 */
export async function areUnchanged(
  pages: KnownPage[],
  isUnchanged: (page: KnownPage) => Promise<boolean>,
): Promise<boolean> {
  for (const page of pages) {
    try {
      if (!(await isUnchanged(page))) {
        return false;
      }
    } catch (error) {
      if (isServerFault(error)) {
        throw error;
      }
      return false;
    }
  }
  return true;
}

/** The whole server cannot be reached, or not now: this says nothing about the page. */
function isServerFault(error: unknown): boolean {
  return (
    !(error instanceof SourceError) ||
    error.retryAfterMs !== undefined ||
    error.code === 'network' ||
    error.code === 'timeout'
  );
}

/**
 * A page's URL for the database. Parameters that the source itself sets may
 * hold a key, and are replaced by digests. Those of the server stay, such as a
 * cursor.
 */
function redactUrl(url: URL, firstUrl: URL): string {
  return mapParameters(url, (name, value) =>
    firstUrl.searchParams.getAll(name).includes(value) ? digest(value) : value,
  ).href;
}

/** The URL that was redacted, if the source still sets the same parameters. */
function restoreUrl(redacted: string, firstUrl: URL): URL {
  return mapParameters(
    new URL(redacted),
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
