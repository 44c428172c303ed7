import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { DELIVERIES_TABLE } from './deliveryRow';
import type { NewRow } from './newRow';
import { knownKey } from './planBatch';

/**
 * The ids of those that stand where these could not be inserted, by the ids of
 * these. On a conflict the database has waited until the other was committed.
 */
export async function findWinners(options: {
  knex: Knex;
  rows: NewRow[];
}): Promise<Map<string, string>> {
  const { knex, rows } = options;
  const senders = [...new Set(rows.map(row => row.sender))];
  const keys = rows.map(row => row.dedupe_key);
  const found = await knex(DELIVERIES_TABLE)
    .where(isAmong(knex, 'sender', senders))
    .andWhere(isAmong(knex, 'dedupe_key', keys))
    .select('sender', 'dedupe_key', 'delivery_id');
  const ids = new Map(found.map(row => [knownKey(row), row.delivery_id]));
  return new Map(
    rows.flatMap(row => {
      const id = ids.get(knownKey(row));
      return id === undefined ? [] : [[row.delivery_id, id] as const];
    }),
  );
}
