import type { EntityRegistry } from '../../database/catalogTables';
import type { Problem } from '../../lib/problem';
import type { OwnerInUse } from '../database/SyncStore';

/**
 * Warns of owners that the catalog does not know, once for each, however many
 * entities name it.
 */
export async function checkOwners(options: {
  source: string;
  owners: OwnerInUse[];
  registry: Pick<EntityRegistry, 'locationKeys'>;
}): Promise<Problem[]> {
  const { source, owners, registry } = options;
  const known = await registry.locationKeys(owners.map(({ owner }) => owner));
  return owners
    .filter(({ owner }) => !known.has(owner))
    .map(({ owner, entities, example }) => ({
      code: 'owner-unknown',
      severity: 'warning',
      entityRef: owner,
      path: 'spec.owner',
      message:
        `The catalog does not know "${owner}", which is the owner of ` +
        `${
          entities === 1
            ? `"${example}"`
            : `${entities} entities, such as "${example}",`
        } of source "${source}"; check how it is spelt, or bring it into the catalog`,
    }));
}
