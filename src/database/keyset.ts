import type { Knex } from 'knex';
import type { Page, PageRequest } from '../lib/page';

/**
 * A page of a query in the order of some columns, which together are unique. It
 * begins after the last row of the page before, so rows that come or go
 * meanwhile do not shift it.
 */
export async function keysetPage<T>(options: {
  query: Knex.QueryBuilder;
  columns: string[];
  direction: 'asc' | 'desc';
  page: PageRequest;
  present: (row: any) => T;
  /** What `present` reads; all by default. */
  select?: string[];
}): Promise<Page<T>> {
  const { query, columns, direction, page, present, select = ['*'] } = options;
  const [{ count }] = await query.clone().count({ count: '*' });
  const ordered = query
    .clone()
    .select(select)
    .orderBy(columns.map(column => ({ column, order: direction })))
    .limit(page.limit + 1);
  if (page.after) {
    isAfter(ordered, { columns, direction, after: page.after });
  }
  const rows: any[] = await ordered;
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  return {
    items: items.map(present),
    totalItems: Number(count),
    next:
      rows.length > page.limit
        ? columns.map(column => String(last[column]))
        : undefined,
  };
}

/** Equal in the first columns, and after in the next one. */
function isAfter(
  query: Knex.QueryBuilder,
  options: { columns: string[]; direction: 'asc' | 'desc'; after: string[] },
): void {
  const { columns, direction, after } = options;
  const operator = direction === 'asc' ? '>' : '<';
  query.andWhere(any => {
    columns.forEach((column, index) => {
      any.orWhere(all => {
        columns
          .slice(0, index)
          .forEach((equal, i) => all.andWhere(equal, after[i]));
        all.andWhere(column, operator, after[index]);
      });
    });
  });
}
