import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { isPostgres } from '../bulk';
import { toText } from '../time';
import {
  DELIVERIES_TABLE,
  DELIVERY_COLUMNS,
  type DeliveryRow,
} from './deliveryRow';
import { isOneOf } from './isOneOf';

/**
 * Claims deliveries that are due under a new ticket, those first that have been
 * due for longest. On PostgreSQL replicas that claim at once pass over each
 * other's rows; SQLite lets one write at a time.
 */
export async function claimDeliveries(options: {
  knex: Knex;
  limit: number;
  leaseMs: number;
  now: Date;
}): Promise<{ ticket: string; rows: DeliveryRow[] }> {
  const { knex, limit, leaseMs, now } = options;
  const ticket = randomUUID();
  const rows: DeliveryRow[] = await knex(DELIVERIES_TABLE)
    .where(isOneOf(knex, dueRows({ knex, limit, now })))
    .update({
      ticket,
      due_at: toText(new Date(now.getTime() + leaseMs)),
      claimed_at: toText(now),
      attempts: knex.raw('attempts + 1'),
    })
    .returning(DELIVERY_COLUMNS);
  return {
    ticket,
    rows: rows.sort((a, b) => Number(a.sequence) - Number(b.sequence)),
  };
}

function dueRows(options: { knex: Knex; limit: number; now: Date }) {
  const { knex, limit, now } = options;
  const due = knex(DELIVERIES_TABLE)
    .where('due_at', '<=', toText(now))
    .orderBy(['due_at', 'sequence'])
    .limit(limit)
    .select('sequence');
  return isPostgres(knex) ? due.forUpdate().skipLocked() : due;
}
