import type { PaginationSettings } from '../model/settings';
import type { PageValidators, Validators } from '../model/source';
import { hasUserInfo } from './requestTarget';
import { openUrl, sealUrl } from './sealedUrl';

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
