import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';

/** Refs of full length, and so many of them, stay under the catalog's limit of 100 kB. */
const REFS_AT_ONCE = 200;

/** Who owns entities; no entry for one without an owner, or that the caller may not see. */
export type OwnerLookup = (
  entityRefs: string[],
  credentials: BackstageCredentials,
) => Promise<Map<string, string>>;

/** Asks the catalog, in the caller's name. */
export function createOwnerLookup(options: {
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
}): OwnerLookup {
  return async (entityRefs, credentials) => {
    const owners = new Map<string, string>();
    for (let start = 0; start < entityRefs.length; start += REFS_AT_ONCE) {
      const refs = entityRefs.slice(start, start + REFS_AT_ONCE);
      const { items } = await options.catalog.getEntitiesByRefs(
        { entityRefs: refs, fields: ['spec.owner'] },
        { credentials },
      );
      items.forEach((entity, index) => {
        const owner = entity?.spec?.owner;
        if (typeof owner === 'string') {
          owners.set(refs[index], owner);
        }
      });
    }
    return owners;
  };
}
