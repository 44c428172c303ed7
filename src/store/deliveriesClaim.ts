import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { DELIVERIES_TABLE, type DeliveryRow } from './deliveriesRow';

/**
 * Claims deliveries that are due under a new ticket, oldest first.
 *
 * Two replicas may find the same ones due. The update asks again whether they
 * are, and a database does that of a row that another transaction has just
 * changed with the row as it is now: of two claims of a row one finds it taken.
 */
export async function claimDeliveries(options: {
  knex: Knex;
  limit: number;
  leaseMs: number;
  now: Date;
}): Promise<{ ticket: string; rows: DeliveryRow[] }> {
  const { knex, limit, leaseMs, now } = options;
  const ticket = randomUUID();
  const due = await knex<DeliveryRow>(DELIVERIES_TABLE)
    .where('due_at', '<=', now.toISOString())
    .orderBy('sequence')
    .limit(limit)
    .select('delivery_id');
  if (due.length === 0) {
    return { ticket, rows: [] };
  }
  const ids = due.map(row => row.delivery_id);
  await knex<DeliveryRow>(DELIVERIES_TABLE)
    .whereIn('delivery_id', ids)
    .where('due_at', '<=', now.toISOString())
    .update({
      ticket,
      due_at: new Date(now.getTime() + leaseMs).toISOString(),
      attempts: knex.raw('attempts + 1'),
    });
  const rows = await knex<DeliveryRow>(DELIVERIES_TABLE)
    .whereIn('delivery_id', ids)
    .where({ ticket })
    .orderBy('sequence')
    .select('*');
  return { ticket, rows };
}
