import { parseEntityRef } from '@backstage/catalog-model';
import { fullEntityRef } from '../../config/entities';
import type { CurrentDeployment } from '../../deployments/deployment';
import { isNewer } from '../../deployments/order';
import { createOwnerMapping } from '../../mapping/owners';
import type { OwnedEntity } from './database/findings';
import type { OwnerContradiction } from './report';

/** Entities whose owner is another than their last deployment that names one says. */
export function findContradictions(options: {
  deployed: Map<string, CurrentDeployment[]>;
  owned: Map<string, OwnedEntity>;
  /** The `owners` of a source: what it calls otherwise is no contradiction. */
  ownersOf: (source: string) => Record<string, string> | undefined;
}): OwnerContradiction[] {
  const { deployed, owned, ownersOf } = options;
  return [...deployed].flatMap(([entityRef, deployments]) => {
    const entity = owned.get(entityRef);
    const last = lastWithOwner(deployments);
    if (!entity || !last) {
      return [];
    }
    const { namespace } = parseEntityRef(entityRef);
    const { owner: reported } = last;
    const mapOwner = createOwnerMapping(ownersOf(entity.source));
    const { spec } = mapOwner({
      metadata: { namespace },
      spec: { owner: reported },
    });
    const { owner } = spec as { owner: string };
    return fullEntityRef(owner, 'group', namespace) === entity.owner
      ? []
      : [
          {
            entityRef,
            source: entity.source,
            owner: entity.owner,
            reported,
            sender: last.sender,
            at: last.eventAt,
          },
        ];
  });
}

function lastWithOwner(deployments: CurrentDeployment[]) {
  let last: (CurrentDeployment & { owner: string }) | undefined;
  for (const deployment of deployments) {
    const { owner } = deployment;
    if (owner !== undefined && (!last || isNewer(deployment, last))) {
      last = { ...deployment, owner };
    }
  }
  return last;
}
