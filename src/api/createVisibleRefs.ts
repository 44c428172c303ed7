import type {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { inChunks } from '../lib/inChunks';

/** Refs of full length, and so many of them, stay under the catalog's limit of 100 kB. */
const REFS_AT_ONCE = 200;

/** Those of some refs whose entities a caller may see. */
export type VisibleRefs = (
  entityRefs: Iterable<string>,
  credentials: BackstageCredentials,
) => Promise<Set<string>>;

/**
 * Asks in the caller's name: first for all entities at once, and where that
 * depends on the entity, the catalog. What the catalog does not show to anybody,
 * since it is not processed yet or is invalid, may be seen by those who may read
 * whatever there is: no condition can be judged without the entity.
 */
export function createVisibleRefs(options: {
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  permissions: Pick<PermissionsService, 'authorizeConditional'>;
}): VisibleRefs {
  const { catalog, permissions } = options;
  return async (entityRefs, credentials) => {
    const asked = new Set(entityRefs);
    if (asked.size === 0) {
      return asked;
    }
    const [{ result }] = await permissions.authorizeConditional(
      [{ permission: catalogEntityReadPermission }],
      { credentials },
    );
    switch (result) {
      case AuthorizeResult.ALLOW:
        return asked;
      case AuthorizeResult.CONDITIONAL:
        return shownRefs(catalog, [...asked], credentials);
      default:
        return new Set();
    }
  };
}

async function shownRefs(
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>,
  asked: string[],
  credentials: BackstageCredentials,
): Promise<Set<string>> {
  const shown = new Set<string>();
  for (const entityRefs of inChunks(asked, REFS_AT_ONCE)) {
    const { items } = await catalog.getEntitiesByRefs(
      { entityRefs, fields: ['kind'] },
      { credentials },
    );
    items.forEach((entity, index) => {
      if (entity) {
        shown.add(entityRefs[index]);
      }
    });
  }
  return shown;
}
