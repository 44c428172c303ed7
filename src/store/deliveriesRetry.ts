import type { Knex } from 'knex';
import { DELIVERIES_TABLE, type DeliveryRow } from './deliveriesRow';

/** Makes a delivery due again, unless the claim behind the ticket has passed to another. */
export async function retryDelivery(options: {
  knex: Knex;
  deliveryId: string;
  ticket: string;
  at: Date;
  reason: string;
}): Promise<void> {
  const { knex, deliveryId, ticket, at, reason } = options;
  await knex<DeliveryRow>(DELIVERIES_TABLE)
    .where({ delivery_id: deliveryId, ticket })
    .update({
      state: 'failed',
      reason,
      due_at: at.toISOString(),
      ticket: null,
    });
}
