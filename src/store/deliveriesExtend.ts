import type { Knex } from 'knex';
import { DELIVERIES_TABLE, type DeliveryRow } from './deliveriesRow';

/** Keeps a claim for longer, unless it has passed to another. */
export async function extendClaim(options: {
  knex: Knex;
  deliveryId: string;
  ticket: string;
  until: Date;
}): Promise<void> {
  const { knex, deliveryId, ticket, until } = options;
  await knex<DeliveryRow>(DELIVERIES_TABLE)
    .where({ delivery_id: deliveryId, ticket })
    .update({ due_at: until.toISOString() });
}
