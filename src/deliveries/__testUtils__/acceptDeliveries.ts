import type { Knex } from 'knex';
import { acceptDelivery } from '../database/acceptDelivery';
import type { NewDelivery } from '../delivery';

/** Stores deliveries one after the other; their ids. */
export async function acceptDeliveries(
  knex: Knex,
  deliveries: NewDelivery[],
  now: Date,
): Promise<string[]> {
  const ids: string[] = [];
  for (const delivery of deliveries) {
    ids.push((await acceptDelivery({ knex, delivery, now })).id);
  }
  return ids;
}
