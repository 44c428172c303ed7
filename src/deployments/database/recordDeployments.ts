import type { Knex } from 'knex';
import { insertRows, upsertRows } from '../../database/bulk';
import { databaseTime } from '../../database/time';
import type { Delivery } from '../../deliveries/delivery';
import { DECIDING_STATUSES } from '../deployment';
import {
  type HeadRow,
  HEADS_TABLE,
  HISTORY_TABLE,
  statusOf,
  toHeadRow,
  toHistoryRow,
} from './rows';

/**
 * Adds the events of deliveries to the history, and makes those that change what
 * runs the heads of their lanes where nothing newer is known.
 *
 * A head is only ever replaced by a newer one in a single statement: in whatever
 * order and on however many replicas deliveries are settled, the newest remains.
 * What was removed keeps its head, so that an event from before does not bring
 * it back. No transaction spans the two statements, since either may be said
 * again; both take their rows in an order that is the same on every replica, so
 * that none waits for another that waits for it.
 */
export async function recordDeployments(options: {
  knex: Knex;
  deliveries: Delivery[];
}): Promise<void> {
  const { knex, deliveries } = options;
  await insertRows({
    tx: knex,
    table: HISTORY_TABLE,
    key: ['delivery_id'],
    numbers: ['arrival', 'sequence'],
    rows: sortBy(deliveries.map(toHistoryRow), row => row.delivery_id),
  });
  await upsertRows({
    tx: knex,
    table: HEADS_TABLE,
    key: ['service_key', 'sender', 'environment', 'lane'],
    numbers: ['arrival'],
    rows: newestHeads(deliveries),
    // One clock for all replicas, since all look for what the others wrote.
    computed: { changed_at: databaseTime(knex, 'clock') },
    where: `${HEADS_TABLE}.order_key < excluded.order_key`,
  });
}

/** Of each lane the newest, since a statement takes one row for a key. */
function newestHeads(deliveries: Delivery[]): HeadRow[] {
  const newest = new Map<string, HeadRow>();
  for (const delivery of deliveries) {
    if (DECIDING_STATUSES.includes(statusOf(delivery))) {
      const row = toHeadRow(delivery);
      const key = keyOf(row);
      const known = newest.get(key);
      if (!known || known.order_key < row.order_key) {
        newest.set(key, row);
      }
    }
  }
  return sortBy([...newest.values()], keyOf);
}

function keyOf(row: HeadRow): string {
  return JSON.stringify([
    row.service_key,
    row.sender,
    row.environment,
    row.lane,
  ]);
}

function sortBy<T>(rows: T[], keyOfRow: (row: T) => string): T[] {
  return rows
    .map(row => ({ row, key: keyOfRow(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ row }) => row);
}
