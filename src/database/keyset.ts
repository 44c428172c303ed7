import type { Knex } from 'knex';
import type { Page, PageRequest } from '../lib/page';
import { redactValues } from './columns';

/**
 * A page of the rows of a query, ordered by columns that are unique together.
 * It begins after the last row of the previous page, so rows that come or go in
 * between do not shift it.
 */
export async function keysetPage(options: {
  query: Knex.QueryBuilder;
  columns: string[];
  direction: 'asc' | 'desc';
  page: PageRequest;
  /** The columns to read; all by default. */
  select?: string[];
}): Promise<Page<any>> {
  const { query, columns, direction, page, select = ['*'] } = options;
  const ordered = query
    .clone()
    .select(select)
    .orderBy(columns.map(column => ({ column, order: direction })))
    .limit(page.limit + 1);
  if (page.after) {
    const values = columns.map(() => '?').join(', ');
    ordered.whereRaw(
      `(${columns.join(', ')}) ${direction === 'asc' ? '>' : '<'} (${values})`,
      page.after,
    );
  }
  const rows: any[] = await redactValues(async () => ordered);
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  return {
    items,
    next:
      rows.length > page.limit
        ? columns.map(column => String(last[column]))
        : undefined,
  };
}

/** How many rows a query has. */
export async function countRows(query: Knex.QueryBuilder): Promise<number> {
  const [{ count }] = await redactValues(async () =>
    query.clone().count({ count: '*' }),
  );
  return Number(count);
}

const ROWS_AT_ONCE = 1000;

/**
 * All rows of a query in batches, ordered by a column that is unique and has
 * text. Of a join, that column in each of its tables: otherwise PostgreSQL reads
 * one of them from its beginning for each batch.
 */
export async function* allRows(
  query: Knex.QueryBuilder,
  ...columns: string[]
): AsyncGenerator<any[]> {
  const [column] = columns;
  const key = column.split('.').at(-1)!;
  let rows: any[] = [];
  do {
    const last = rows.at(-1)?.[key] ?? '';
    const batch = query.clone().orderBy(column).limit(ROWS_AT_ONCE);
    columns.forEach(each => batch.andWhere(each, '>', last));
    rows = await batch;
    yield rows;
  } while (rows.length === ROWS_AT_ONCE);
}
