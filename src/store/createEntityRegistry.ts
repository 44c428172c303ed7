import type { Knex } from 'knex';
import type { EntityRegistry } from '../model/catalog';
import { inChunks } from '../model/inChunks';
import { isAmong } from './bulk';

const REFS_AT_ONCE = 5000;

/**
 * Reads who owns refs from the catalog's `refresh_state`, and what a provider
 * has from `refresh_state_references`. No API of the catalog tells either.
 * Read-only.
 */
export function createEntityRegistry(options: { knex: Knex }): EntityRegistry {
  const { knex } = options;
  return {
    async locationKeys(entityRefs) {
      const keys = new Map<string, string | null>();
      for (const chunk of inChunks(entityRefs, REFS_AT_ONCE)) {
        const rows = await knex('refresh_state')
          .select('entity_ref', 'location_key')
          .where(isAmong(knex, 'entity_ref', chunk));
        for (const row of rows) {
          keys.set(row.entity_ref, row.location_key ?? null);
        }
      }
      return keys;
    },
    async countOf(provider) {
      const [row] = await knex('refresh_state_references')
        .where({ source_key: provider })
        .count({ count: '*' });
      return Number(row.count);
    },
    async refsOf(provider) {
      const rows = await knex('refresh_state_references')
        .select('target_entity_ref')
        .where({ source_key: provider });
      return rows.map(row => row.target_entity_ref);
    },
  };
}
