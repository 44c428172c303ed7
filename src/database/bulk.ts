import type { Knex } from 'knex';
import { inChunks } from '../lib/inChunks';
import { redactValues } from './columns';

type Value = string | number | null;

/** How many rows one statement writes. */
const ROWS_AT_ONCE = 1000;

interface Rows<Row extends Record<string, Value>> {
  tx: Knex | Knex.Transaction;
  table: string;
  key: Array<keyof Row & string>;
  rows: Row[];
  /** The columns that hold whole numbers; the others hold text. */
  numbers?: Array<keyof Row & string>;
}

/**
 * Inserts rows, or updates those whose key exists. They are bound together,
 * which costs a fraction of a placeholder for each value. No two rows of one
 * call may have the same key.
 */
export async function upsertRows<Row extends Record<string, Value>>(
  options: Rows<Row> & {
    /** Condition in SQL under which an existing row is updated; always by default. */
    where?: string;
    bindings?: Value[];
  },
): Promise<void> {
  const { where, bindings } = options;
  const updates = otherColumns(options).map(
    column => `"${column}" = excluded."${column}"`,
  );
  const condition = where ? ` where ${where}` : '';
  const action = `update set ${updates.join(', ')}${condition}`;
  await insertOr(action, options, bindings);
}

/** Inserts rows, except those whose key exists. */
export async function insertRows<Row extends Record<string, Value>>(
  options: Rows<Row>,
): Promise<void> {
  await insertOr('nothing', options);
}

async function insertOr<Row extends Record<string, Value>>(
  action: string,
  { tx, table, key, rows, numbers }: Rows<Row>,
  bindings: Value[] = [],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const sql =
    `insert into ${table} (${quoted(columns)}) ` +
    `select * from (?) as r where true ` +
    `on conflict (${quoted(key)}) do ${action}`;
  for (const chunk of inChunks(rows, ROWS_AT_ONCE)) {
    const bound = selectBound(tx, { columns, rows: chunk, numbers });
    await write(tx, sql, [bound, ...bindings]);
  }
}

/** Updates the rows whose key exists. */
export async function updateRows<Row extends Record<string, Value>>(
  options: Rows<Row>,
): Promise<void> {
  const { tx, table, key, rows, numbers } = options;
  const columns = Object.keys(rows[0] ?? {});
  const updates = otherColumns(options).map(
    column => `"${column}" = r."${column}"`,
  );
  const sql =
    `update ${table} as t set ${updates.join(', ')} ` +
    `from (?) as r ` +
    `where ${key.map(column => `t.${column} = r.${column}`).join(' and ')}`;
  for (const chunk of inChunks(rows, ROWS_AT_ONCE)) {
    await write(tx, sql, [selectBound(tx, { columns, rows: chunk, numbers })]);
  }
}

/** The values are those of a thousand rows: they may be private, and would fill the log. */
async function write(
  tx: Knex | Knex.Transaction,
  sql: string,
  bindings: Array<Value | Knex.Raw>,
): Promise<void> {
  await redactValues(async () => tx.raw(sql, bindings));
}

function otherColumns<Row extends Record<string, Value>>({
  key,
  rows,
}: Rows<Row>): string[] {
  return Object.keys(rows[0] ?? {}).filter(column => !key.includes(column));
}

const BETWEEN_COLUMNS = '\u0001';
const BETWEEN_ROWS = '\u0002';

/**
 * Reads all rows in one value, as the texts of their columns, empty for null. To
 * read them one by one, or as JSON, costs several times as much. For columns
 * without control characters.
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
  /** Further condition in SQL. */
  where?: string;
}): Promise<void> {
  const { tx, table, source, keys, where = 'true' } = options;
  for (const chunk of inChunks(keys, ROWS_AT_ONCE)) {
    const columns = Object.keys(keys[0]);
    await write(
      tx,
      `delete from ${table} where source = ? and ${where} ` +
        `and (${columns.join(', ')}) in (?)`,
      [source, selectBound(tx, { columns, rows: chunk })],
    );
  }
}

/**
 * A query for rows that are bound as an array for each column, or as one JSON
 * text on SQLite. PostgreSQL takes twice as long to read the JSON.
 */
export function selectBound<Column extends string>(
  knex: Knex | Knex.Transaction,
  options: {
    columns: Column[];
    rows: Array<Record<Column, Value>>;
    /** The columns that hold whole numbers; the others hold text. */
    numbers?: Column[];
  },
): Knex.Raw {
  const { columns, rows, numbers = [] } = options;
  if (isPostgres(knex)) {
    const arrays = columns.map(column =>
      numbers.includes(column) ? '?::bigint[]' : '?::text[]',
    );
    return knex.raw(
      `select * from unnest(${arrays}) as r(${quoted(columns)})`,
      columns.map(column => rows.map(row => row[column]) as string[]),
    );
  }
  const values = columns.map(
    column => `json_extract(value, '$.${column}') as "${column}"`,
  );
  return knex.raw(`select ${values} from json_each(?) where true`, [
    JSON.stringify(rows),
  ]);
}

/** A name may be a word of SQL, as `commit` is. */
function quoted(columns: string[]): string {
  return columns.map(column => `"${column}"`).join(', ');
}

/**
 * A condition that a column has one of these values, however many, bound as one
 * value. In a query with joins the column needs the name of its table.
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

/** A condition that the entity of a ref is in a namespace. */
export function isInNamespace(
  knex: Knex | Knex.Transaction,
  column: string,
  namespace: string,
): Knex.Raw {
  const escaped = namespace.toLowerCase().replace(/[!_%]/g, '!$&');
  return knex.raw("?? like ? escape '!'", [column, `%:${escaped}/%`]);
}

export function isPostgres(knex: Knex | Knex.Transaction): boolean {
  return knex.client.config.client === 'pg';
}
