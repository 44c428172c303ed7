import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { isDeploymentAnnotation } from '../deployments/annotations';
import { inChunks } from '../lib/inChunks';
import type { ShownDeployments } from './createDeliveryControl';

/** Refs of full length, and so many of them, stay under the catalog's limit of 100 kB. */
const REFS_AT_ONCE = 200;

/** Asks the catalog in the module's own name; whoever shows it to people looks at what they may see. */
export function createShownDeployments(options: {
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  credentials: () => Promise<BackstageCredentials>;
}): ShownDeployments {
  const { catalog } = options;
  return {
    async annotationsOf(entityRefs) {
      const credentials = await options.credentials();
      const shown = new Map<string, Record<string, string>>();
      for (const refs of inChunks(entityRefs, REFS_AT_ONCE)) {
        const { items } = await catalog.getEntitiesByRefs(
          { entityRefs: refs, fields: ['metadata.annotations'] },
          { credentials },
        );
        items.forEach((entity, index) => {
          if (entity) {
            const annotations = Object.entries(
              entity.metadata?.annotations ?? {},
            ).filter(([key]) => isDeploymentAnnotation(key));
            shown.set(refs[index], Object.fromEntries(annotations));
          }
        });
      }
      return shown;
    },
  };
}
