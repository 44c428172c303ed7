import type { Knex } from 'knex';
import { toText } from '../time';
import { DELIVERIES_TABLE } from './deliveryRow';
import { isOneOf } from './isOneOf';
import { lockDeliveries } from './lockDeliveries';

/** Keeps the claim of deliveries for longer, but for those that have passed to another. */
export async function extendClaim(options: {
  knex: Knex;
  ticket: string;
  ids: string[];
  until: Date;
}): Promise<void> {
  const { knex, ticket, ids, until } = options;
  await knex(DELIVERIES_TABLE)
    .where(
      isOneOf(
        knex,
        lockDeliveries(knex, ids).where({ ticket }).select('sequence'),
      ),
    )
    .update({ due_at: toText(until) });
}
