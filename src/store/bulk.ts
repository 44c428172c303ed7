import type { Knex } from 'knex';

type Value = string | null;

/** How many rows one statement takes; a single bound value holds them all. */
const ROWS_AT_ONCE = 1000;

/**
 * Inserts rows, or updates those whose key is there. Bound as one JSON text,
 * which costs a fraction of a placeholder for each value. Within the keys of one
 * call no two rows may be equal.
 */
export async function upsertRows<Row extends Record<string, Value>>(options: {
  tx: Knex | Knex.Transaction;
  table: string;
  key: Array<keyof Row & string>;
  rows: Row[];
  /** Condition in SQL under which a row that is there is updated; always by default. */
  where?: string;
  bindings?: Value[];
}): Promise<void> {
  const { tx, table, key, rows, where, bindings = [] } = options;
  if (rows.length === 0) {
    return;
  }
  const columns = Object.keys(rows[0]);
  const updates = columns
    .filter(column => !key.includes(column))
    .map(column => `${column} = excluded.${column}`);
  const conflict =
    `on conflict (${key.join(', ')}) do update set ${updates.join(', ')}` +
    `${where ? ` where ${where}` : ''}`;
  const sql =
    `insert into ${table} (${columns.join(', ')}) ` +
    `${selectBound(tx, columns)} ${conflict}`;
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const batch = JSON.stringify(rows.slice(start, start + ROWS_AT_ONCE));
    await tx.raw(sql, [batch, ...bindings]);
  }
}

/**
 * Reads rows as arrays of their columns, in one value: objects for each cost
 * several times as much.
 */
export async function readArrays<Row extends unknown[]>(
  knex: Knex,
  columns: string[],
  query: Knex.QueryBuilder,
): Promise<Row[]> {
  const list = columns.join(', ');
  const json = isPostgres(knex)
    ? `json_agg(json_build_array(${list}))::text`
    : `json_group_array(json_array(${list}))`;
  const row = await knex
    .from(query.select(columns).as('r'))
    .first(knex.raw(`${json} as rows`));
  return row.rows ? JSON.parse(row.rows) : [];
}

/** Deletes the rows of a source whose columns have these values together. */
export async function deleteRows(options: {
  tx: Knex.Transaction;
  table: string;
  source: string;
  keys: Array<Record<string, string>>;
}): Promise<void> {
  const { tx, table, source, keys } = options;
  for (let start = 0; start < keys.length; start += ROWS_AT_ONCE) {
    const columns = Object.keys(keys[0]);
    await tx.raw(
      `delete from ${table} where source = ? ` +
        `and (${columns.join(', ')}) in (${selectBound(tx, columns)})`,
      [source, JSON.stringify(keys.slice(start, start + ROWS_AT_ONCE))],
    );
  }
}

/** The rows of one bound JSON text; text becomes what the column is. */
function selectBound(knex: Knex | Knex.Transaction, columns: string[]): string {
  return isPostgres(knex)
    ? `select * from json_to_recordset(?::json) as r(${columns
        .map(column => `${column} text`)
        .join(', ')})`
    : `select ${columns
        .map(column => `json_extract(value, '$.${column}')`)
        .join(', ')} from json_each(?) where true`;
}

/**
 * A condition that a column has one of these values, bound as one value
 * whatever their number. Of a query with joins, name the table.
 */
export function isAmong(
  knex: Knex | Knex.Transaction,
  column: string,
  values: string[],
): Knex.Raw {
  return isPostgres(knex)
    ? knex.raw('?? = any(?)', [column, values])
    : knex.raw('?? in (select value from json_each(?))', [
        column,
        JSON.stringify(values),
      ]);
}

export function isPostgres(knex: Knex | Knex.Transaction): boolean {
  return knex.client.config.client === 'pg';
}
