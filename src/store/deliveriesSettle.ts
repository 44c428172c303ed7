import type { Knex } from 'knex';
import type { DeliveryState } from '../model/delivery';
import { DELIVERIES_TABLE, type DeliveryRow } from './deliveriesRow';

/** Ends a delivery, unless the claim behind the ticket has passed to another. */
export async function settleDelivery(options: {
  knex: Knex;
  deliveryId: string;
  ticket: string;
  state: DeliveryState;
  now: Date;
  reason?: string;
}): Promise<void> {
  const { knex, deliveryId, ticket, state, now, reason } = options;
  await knex<DeliveryRow>(DELIVERIES_TABLE)
    .where({ delivery_id: deliveryId, ticket })
    .update({
      state,
      reason: reason ?? null,
      due_at: null,
      ticket: null,
      settled_at: now.toISOString(),
    });
}
