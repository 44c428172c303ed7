import type {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';

/** Whether a caller may see an entity. */
export type EntityGate = (
  entityRef: string,
  credentials: BackstageCredentials,
) => Promise<boolean>;

/**
 * Asks the catalog, in the caller's name. What the catalog does not show to
 * anybody, since it is not processed yet or is invalid, may be seen by those who
 * may read whatever there is: no condition can be judged without the entity.
 */
export function createEntityGate(options: {
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  permissions: Pick<PermissionsService, 'authorizeConditional'>;
}): EntityGate {
  const { catalog, permissions } = options;
  return async (entityRef, credentials) => {
    const { items } = await catalog.getEntitiesByRefs(
      { entityRefs: [entityRef], fields: ['kind'] },
      { credentials },
    );
    if (items[0]) {
      return true;
    }
    const [{ result }] = await permissions.authorizeConditional(
      [{ permission: catalogEntityReadPermission }],
      { credentials },
    );
    return result === AuthorizeResult.ALLOW;
  };
}
