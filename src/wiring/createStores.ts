import type { Knex } from 'knex';
import { createEntityRegistry } from '../database/catalogTables';
import { createDeliveryLog } from '../deliveries/database/createDeliveryLog';
import { createDeliveryStore } from '../deliveries/database/createDeliveryStore';

export type Stores = ReturnType<typeof createStores>;

/** The operations on the tables. */
export function createStores(options: { knex: Knex }) {
  return {
    ...options,
    registry: createEntityRegistry(options),
    deliveries: createDeliveryStore(options),
    deliveryLog: createDeliveryLog(options),
  };
}
