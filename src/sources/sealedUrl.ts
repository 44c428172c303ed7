import { hash } from 'node:crypto';

/**
 * A page's URL for keeping: parameters that the source itself sets may hold a
 * key, and are there as digests. The server's own, such as a cursor, stay.
 */
export function sealUrl(url: URL, firstUrl: URL): string {
  return mapParameters(url, (name, value) =>
    firstUrl.searchParams.getAll(name).includes(value) ? digest(value) : value,
  ).href;
}

/** The URL that was sealed, as far as the source still sets those parameters. */
export function openUrl(sealed: string, firstUrl: URL): URL {
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
