import type { Knex } from 'knex';
import type { EntityRegistry } from '../model/catalog';
import { chunks } from './chunks';

/**
 * Reads who owns refs from the catalog's `refresh_state`. No API of the
 * catalog tells: the owner's location key stands only there. Read-only, and
 * the only place that knows one of the catalog's tables.
 */
export function createEntityRegistry(options: { knex: Knex }): EntityRegistry {
  const { knex } = options;
  return {
    async locationKeys(entityRefs) {
      const keys = new Map<string, string | null>();
      for (const chunk of chunks(entityRefs)) {
        const rows = await knex('refresh_state')
          .select('entity_ref', 'location_key')
          .whereIn('entity_ref', chunk);
        for (const row of rows) {
          keys.set(row.entity_ref, row.location_key ?? null);
        }
      }
      return keys;
    },
  };
}
