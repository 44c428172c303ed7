import type { PaginationSettings } from '../../config/settings';

export type Query = Record<string, string | string[]>;

/** A configured URL with the configured parameters, which replace its own of the same name. */
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

/** A URL of the server's with those configured parameters that it left out. */
export function withMissingQuery(url: URL, query: Query): URL {
  const missing = Object.entries(query).filter(
    ([name]) => !url.searchParams.has(name),
  );
  return withQuery(url, Object.fromEntries(missing));
}

/** What the first page is asked for with. */
export function firstPageQuery(pagination: PaginationSettings): Query {
  if (pagination.type === 'none') {
    return {};
  }
  const { sizeParameter, pageSize } = pagination;
  const size =
    sizeParameter !== undefined && pageSize !== undefined
      ? { [sizeParameter]: String(pageSize) }
      : {};
  switch (pagination.type) {
    case 'page':
      return { ...size, [pagination.parameter]: String(pagination.first) };
    case 'offset':
      return { ...size, [pagination.parameter]: '0' };
    default:
      return size;
  }
}
