import type { Knex } from 'knex';
import { selectBound } from '../../database/bulk';
import type { Delivery, UnmatchedService } from '../delivery';
import { DELIVERIES_TABLE, DELIVERY_COLUMNS, toDelivery } from './deliveryRow';

/** The condition of the index of these, word for word, as SQLite wants it. */
const IS_UNMATCHED = "state = 'unmatched'";

/** The services that wait for their entity, by sender and key: read from the index alone. */
export async function listUnmatchedServices(options: {
  knex: Knex;
  limit: number;
  after?: UnmatchedService;
}): Promise<UnmatchedService[]> {
  const { knex, limit, after } = options;
  const query = knex(DELIVERIES_TABLE)
    .whereRaw(IS_UNMATCHED)
    .orderBy(['sender', 'service_key'])
    .limit(limit)
    .distinct('sender', 'service_key');
  if (after) {
    query.andWhereRaw('(sender, service_key) > (?, ?)', [
      after.sender,
      after.serviceKey,
    ]);
  }
  const rows = await query;
  return rows.map(({ sender, service_key }) => ({
    sender,
    serviceKey: service_key,
  }));
}

/** The deliveries of services that wait for their entity, by order of arrival. */
export async function listUnmatched(options: {
  knex: Knex;
  services: UnmatchedService[];
  limit: number;
  after?: number;
}): Promise<Delivery[]> {
  const { knex, services, limit, after = 0 } = options;
  const bound = services.map(({ sender, serviceKey }) => ({
    sender,
    service_key: serviceKey,
  }));
  const rows = await knex(DELIVERIES_TABLE)
    .whereRaw(IS_UNMATCHED)
    .andWhereRaw(
      `(sender, service_key) in (${selectBound(knex, [
        'sender',
        'service_key',
      ])})`,
      [JSON.stringify(bound)],
    )
    .andWhere('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .select(DELIVERY_COLUMNS);
  return rows.map(toDelivery);
}
