import type { Knex } from 'knex';
import {
  createCatalogRelations,
  createEntityRegistry,
} from '../database/catalogTables';
import { createDeliveryLog } from '../deliveries/database/createDeliveryLog';
import { createDeliveryStore } from '../deliveries/database/createDeliveryStore';
import { createSyncStore } from '../ingestion/database/createSyncStore';
import { createReadStateStore } from '../locations/database/readState';
import { createSenderStore } from '../webhooks/database/senders';

export type Stores = ReturnType<typeof createStores>;

/** The operations on the tables. */
export function createStores(options: { knex: Knex }) {
  return {
    ...options,
    store: createSyncStore(options),
    reads: createReadStateStore(options),
    registry: createEntityRegistry(options),
    relations: createCatalogRelations(options),
    deliveries: createDeliveryStore(options),
    deliveryLog: createDeliveryLog(options),
    senderStore: createSenderStore(options),
  };
}
