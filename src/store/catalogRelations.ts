import type { Knex } from 'knex';
import {
  CYCLE_RELATIONS,
  type CatalogRelations,
  type CycleRelation,
} from '../model/catalog';
import { inChunks } from '../model/inChunks';

/**
 * Reads the catalog's table `relations`, by its index on the source. No API of
 * the catalog tells the relations of many entities without the entities.
 */
export function createCatalogRelations(options: {
  knex: Knex;
}): CatalogRelations {
  const { knex } = options;
  return {
    async edgesOf(entityRefs) {
      const edges = new Map<
        string,
        Array<{ type: CycleRelation; target: string }>
      >();
      for (const chunk of inChunks(entityRefs)) {
        const rows = await knex('relations')
          .distinct('source_entity_ref', 'type', 'target_entity_ref')
          .whereIn('source_entity_ref', chunk)
          .whereIn('type', [...CYCLE_RELATIONS]);
        for (const {
          source_entity_ref: source,
          type,
          target_entity_ref,
        } of rows) {
          const known = edges.get(source) ?? [];
          edges.set(source, known);
          known.push({ type, target: target_entity_ref });
        }
      }
      return edges;
    },
  };
}
