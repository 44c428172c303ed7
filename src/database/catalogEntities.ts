import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { inChunks } from '../lib/inChunks';

/** So many refs of full length stay under the catalog's body limit of 100 kB. */
const BATCH_SIZE = 200;

/** Those entities of the catalog that these credentials may read, by ref. */
export async function readCatalogEntities(options: {
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  entityRefs: string[];
  fields: string[];
  credentials: BackstageCredentials;
}): Promise<Map<string, Entity>> {
  const { catalog, fields, credentials } = options;
  const entities = new Map<string, Entity>();
  for (const entityRefs of inChunks(options.entityRefs, BATCH_SIZE)) {
    const { items } = await catalog.getEntitiesByRefs(
      { entityRefs, fields },
      { credentials },
    );
    items.forEach((entity, index) => {
      if (entity) {
        entities.set(entityRefs[index], entity);
      }
    });
  }
  return entities;
}
