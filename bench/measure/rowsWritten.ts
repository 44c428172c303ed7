import type { Knex } from 'knex';

/** Rows inserted, updated and deleted, by table. */
export type RowsByTable = Record<string, number>;

/** What PostgreSQL has counted so far in a database. */
export async function readRowStatistics(knex: Knex): Promise<RowsByTable> {
  const rows = await knex('pg_stat_user_tables').select(
    'relname as table',
    knex.raw('(n_tup_ins + n_tup_upd + n_tup_del)::int as written'),
  );
  return Object.fromEntries(rows.map(row => [row.table, row.written]));
}

/** What was written between two readings; tables without any are left out. */
export function rowsBetween(
  before: RowsByTable,
  after: RowsByTable,
): RowsByTable {
  return Object.fromEntries(
    Object.entries(after)
      .map(
        ([table, written]) => [table, written - (before[table] ?? 0)] as const,
      )
      .filter(([, written]) => written !== 0),
  );
}

/** Tables of the subjects; all others are the catalog's. */
const OWN = /^(custom_data_|ingestions$|ingestion_mark)/;

export function splitRows(rows: RowsByTable): { catalog: number; own: number } {
  const sums = { catalog: 0, own: 0 };
  for (const [table, written] of Object.entries(rows)) {
    sums[OWN.test(table) ? 'own' : 'catalog'] += written;
  }
  return sums;
}
