import type { Knex } from 'knex';
import { inChunks } from '../lib/inChunks';

type Value = string | number | null;

/** How many rows one statement takes; a single bound value holds them all. */
const ROWS_AT_ONCE = 1000;

interface Rows<Row extends Record<string, Value>> {
  tx: Knex | Knex.Transaction;
  table: string;
  key: Array<keyof Row & string>;
  rows: Row[];
  /** The columns that hold whole numbers; the others hold text. */
  numbers?: Array<keyof Row & string>;
  /** Columns that rows do not bring, and the SQL that gives them. */
  computed?: Record<string, string>;
}

/**
 * Inserts rows, or updates those whose key is there. Bound as one JSON text,
 * which costs a fraction of a placeholder for each value. Within the keys of one
 * call no two rows may be equal.
 */
export async function upsertRows<Row extends Record<string, Value>>(
  options: Rows<Row> & {
    /** Condition in SQL under which a row that is there is updated; always by default. */
    where?: string;
    bindings?: Value[];
  },
): Promise<void> {
  const { key, rows, computed = {}, where, bindings = [] } = options;
  const updates = Object.keys(rows[0] ?? {})
    .filter(column => !key.includes(column))
    .map(column => `"${column}" = excluded."${column}"`);
  // Not what the row would have been inserted with, which it may have waited
  // with for another that was writing it.
  for (const [column, expression] of Object.entries(computed)) {
    updates.push(`"${column}" = ${expression}`);
  }
  await writeRows(options, {
    onConflict: `update set ${updates.join(', ')}${
      where ? ` where ${where}` : ''
    }`,
    bindings,
  });
}

/** Inserts rows, but for those whose key is there. */
export async function insertRows<Row extends Record<string, Value>>(
  options: Rows<Row>,
): Promise<void> {
  await writeRows(options, { onConflict: 'nothing', bindings: [] });
}

async function writeRows<Row extends Record<string, Value>>(
  options: Rows<Row>,
  { onConflict, bindings }: { onConflict: string; bindings: Value[] },
): Promise<void> {
  const { tx, table, key, rows, numbers, computed = {} } = options;
  if (rows.length === 0) {
    return;
  }
  const columns = Object.keys(rows[0]);
  const values = ['r.*', ...Object.values(computed)].join(', ');
  const sql =
    `insert into ${table} (${quoted([
      ...columns,
      ...Object.keys(computed),
    ])}) ` +
    `select ${values} from (${selectBound(
      tx,
      columns,
      numbers,
    )}) as r where true ` +
    `on conflict (${quoted(key)}) do ${onConflict}`;
  for (const chunk of inChunks(rows, ROWS_AT_ONCE)) {
    await tx.raw(sql, [JSON.stringify(chunk), ...bindings]);
  }
}

/** Updates the rows whose key is there. */
export async function updateRows<Row extends Record<string, Value>>(
  options: Rows<Row>,
): Promise<void> {
  const { tx, table, key, rows, numbers } = options;
  if (rows.length === 0) {
    return;
  }
  const columns = Object.keys(rows[0]);
  const updates = columns
    .filter(column => !key.includes(column))
    .map(column => `"${column}" = r."${column}"`);
  const sql =
    `update ${table} as t set ${updates.join(', ')} ` +
    `from (${selectBound(tx, columns, numbers)}) as r ` +
    `where ${key.map(column => `t.${column} = r.${column}`).join(' and ')}`;
  for (const chunk of inChunks(rows, ROWS_AT_ONCE)) {
    await tx.raw(sql, [JSON.stringify(chunk)]);
  }
}

const BETWEEN_COLUMNS = '\u0001';
const BETWEEN_ROWS = '\u0002';

/**
 * Reads rows as their columns' texts, empty for null, in one value: a row each,
 * or JSON, costs several times as much. For columns without control characters.
 */
export async function readTexts(
  knex: Knex,
  columns: string[],
  query: Knex.QueryBuilder,
): Promise<string[][]> {
  const texts = columns.map(column => `coalesce(${column}, '')`);
  const [aggregate, character] = isPostgres(knex)
    ? ['string_agg', 'chr']
    : ['group_concat', 'char'];
  const row = texts.join(` || ${character}(1) || `);
  const result = await knex
    .from(query.select(columns).as('r'))
    .first(knex.raw(`${aggregate}(${row}, ${character}(2)) as rows`));
  return result.rows === null
    ? []
    : (result.rows as string)
        .split(BETWEEN_ROWS)
        .map(text => text.split(BETWEEN_COLUMNS));
}

/** Deletes the rows of a source whose columns have these values together. */
export async function deleteRows(options: {
  tx: Knex.Transaction;
  table: string;
  source: string;
  keys: Array<Record<string, string>>;
}): Promise<void> {
  const { tx, table, source, keys } = options;
  for (const chunk of inChunks(keys, ROWS_AT_ONCE)) {
    const columns = Object.keys(keys[0]);
    await tx.raw(
      `delete from ${table} where source = ? ` +
        `and (${columns.join(', ')}) in (${selectBound(tx, columns)})`,
      [source, JSON.stringify(chunk)],
    );
  }
}

/** The rows of one bound JSON text; text becomes what the column is. */
export function selectBound(
  knex: Knex | Knex.Transaction,
  columns: string[],
  numbers: string[] = [],
): string {
  const typeOf = (column: string) =>
    numbers.includes(column) ? 'bigint' : 'text';
  return isPostgres(knex)
    ? `select * from json_to_recordset(?::json) as r(${columns
        .map(column => `"${column}" ${typeOf(column)}`)
        .join(', ')})`
    : `select ${columns
        .map(column => `json_extract(value, '$.${column}') as "${column}"`)
        .join(', ')} from json_each(?) where true`;
}

/** A name may be a word of SQL, as `commit` is. */
function quoted(columns: string[]): string {
  return columns.map(column => `"${column}"`).join(', ');
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
