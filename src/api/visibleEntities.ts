/*
 * What a caller may see of the catalog's entities. The catalog is asked in the
 * caller's name.
 */
import type {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { readCatalogEntities } from '../database/catalogEntities';

export interface VisibilityContext {
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  permissions: Pick<PermissionsService, 'authorizeConditional'>;
}

/**
 * The refs whose entities a caller may see. The catalog hides from everybody
 * what it has not processed yet and what is invalid. Callers who may read every
 * entity see those refs too; for others no condition can be checked without the
 * entity.
 */
export async function visibleRefs(
  context: VisibilityContext,
  entityRefs: Iterable<string>,
  credentials: BackstageCredentials,
): Promise<Set<string>> {
  const refs = new Set(entityRefs);
  if (refs.size === 0) {
    return refs;
  }
  const [{ result }] = await context.permissions.authorizeConditional(
    [{ permission: catalogEntityReadPermission }],
    { credentials },
  );
  switch (result) {
    case AuthorizeResult.ALLOW:
      return refs;
    case AuthorizeResult.CONDITIONAL: {
      const entities = await readCatalogEntities({
        catalog: context.catalog,
        entityRefs: [...refs],
        fields: ['kind'],
        credentials,
      });
      return new Set(entities.keys());
    }
    default:
      return new Set();
  }
}

/** Those items of which the caller may see every entity. */
export async function visibleItems<T>(
  context: VisibilityContext,
  options: {
    items: T[];
    refsOf: (item: T) => string[];
    credentials: BackstageCredentials;
  },
): Promise<T[]> {
  const { items, refsOf, credentials } = options;
  const visible = await visibleRefs(
    context,
    items.flatMap(refsOf),
    credentials,
  );
  return items.filter(item => refsOf(item).every(ref => visible.has(ref)));
}

/** The owners of entities; no entry for one without an owner, or that the caller may not see. */
export async function readOwners(
  context: VisibilityContext,
  entityRefs: string[],
  credentials: BackstageCredentials,
): Promise<Map<string, string>> {
  const entities = await readCatalogEntities({
    catalog: context.catalog,
    entityRefs,
    fields: ['spec.owner'],
    credentials,
  });
  const owners = new Map<string, string>();
  for (const [ref, { spec }] of entities) {
    if (typeof spec?.owner === 'string') {
      owners.set(ref, spec.owner);
    }
  }
  return owners;
}

/**
 * Makes sure that a caller may see every entity: what a report says that nobody
 * has is wrong where some are hidden.
 *
 * @throws NotAllowedError otherwise.
 */
export async function assertSeesAll(
  { permissions }: Pick<VisibilityContext, 'permissions'>,
  credentials: BackstageCredentials,
): Promise<void> {
  const [{ result }] = await permissions.authorizeConditional(
    [{ permission: catalogEntityReadPermission }],
    { credentials },
  );
  if (result !== AuthorizeResult.ALLOW) {
    throw new NotAllowedError('The permission "catalog.entity.read" is needed');
  }
}
