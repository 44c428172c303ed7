import type { Knex } from 'knex';
import type { Delivery } from '../../model/delivery';
import { DELIVERIES_TABLE, DELIVERY_COLUMNS, toDelivery } from './deliveryRow';
import { isRareState } from './filterDeliveries';

/** Deliveries that wait for their entity, by order of arrival. */
export async function listUnmatched(options: {
  knex: Knex;
  limit: number;
  after?: number;
}): Promise<Delivery[]> {
  const { knex, limit, after = 0 } = options;
  const rows = await knex(DELIVERIES_TABLE)
    .where({ state: 'unmatched' })
    .andWhere(isRareState(knex))
    .andWhere('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .select(DELIVERY_COLUMNS);
  return rows.map(toDelivery);
}
