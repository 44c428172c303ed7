import { checkedText, quote } from './values';

/** Where the encoded record id goes in a `recordUrl`. */
export const ID = '{id}';

/** An absolute http(s) URL without credentials in it. */
export function httpUrl() {
  return checkedText(describeBadUrl);
}

/** A URL of a single record, whichever its origin. */
export function recordUrlTemplate() {
  return checkedText(
    value => describeBadUrl(fillId(value, 'a')) ?? describeBadId(value),
  );
}

/** Says what is wrong with a record's URL that leaves the origin of the list's. */
export function describeOtherOrigin(
  url: string,
  recordUrl: string,
): string | undefined {
  const wanted = parseUrl(url)?.origin;
  const origin = parseUrl(fillId(recordUrl, 'a'))?.origin;
  if (!wanted || !origin || wanted === origin) {
    return undefined;
  }
  return `has the origin ${quote(origin)}, not ${quote(
    wanted,
  )} as url has; headers may carry credentials, which never cross to another origin`;
}

/** The list's URL with the id as one more segment, without query and fragment. */
export function defaultRecordUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}/${ID}`;
}

function describeBadUrl(value: string): string | undefined {
  const url = parseUrl(value);
  if (!url || !/^https?:\/\//i.test(value.trim())) {
    return `${quoteUrl(
      value,
    )} is not an absolute http or https URL; try "https://registry.example.com/metadata"`;
  }
  return url.username || url.password
    ? 'has credentials inside the URL; put them into headers, as Authorization'
    : undefined;
}

function describeBadId(value: string): string | undefined {
  if (!value.includes(ID)) {
    return `${quoteUrl(value)} lacks ${ID}, where the record id goes`;
  }
  // Two ids, since the host that one of them gives may be the right one.
  const origins = ['a', 'b'].map(id => parseUrl(fillId(value, id))?.origin);
  if (origins[0] !== origins[1]) {
    return `${quoteUrl(
      value,
    )} has ${ID} in its origin; it belongs into the path or the query`;
  }
  const [beforeFragment] = value.split('#');
  return beforeFragment.includes(ID)
    ? undefined
    : `${quoteUrl(value)} has ${ID} in its fragment only, which is never sent`;
}

function fillId(template: string, id: string): string {
  return template.replaceAll(ID, id);
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

/** Credentials may stand before an `@`, and in a query. */
function quoteUrl(value: string): string {
  return value.includes('@') ? 'the value' : quote(value.split('?')[0]);
}
