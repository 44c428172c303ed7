import type { Knex } from 'knex';
import { createEntityRegistry } from '../database/catalogTables';

export type Stores = ReturnType<typeof createStores>;

/** The operations on the tables. */
export function createStores(options: { knex: Knex }) {
  return {
    ...options,
    registry: createEntityRegistry(options),
  };
}
