import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { DELIVERIES_TABLE } from './deliveryRow';

/**
 * A query of some deliveries that keeps others from changing them while its
 * statement or transaction lasts; always in the same order, so that no two of
 * them wait for each other.
 */
export function lockDeliveries(
  knex: Knex | Knex.Transaction,
  ids: string[],
): Knex.QueryBuilder {
  return knex(DELIVERIES_TABLE)
    .where(isAmong(knex, 'delivery_id', ids))
    .orderBy('sequence')
    .forUpdate();
}
