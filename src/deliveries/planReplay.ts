import { annotationsOf, shownOf } from '../deployments/annotations';
import {
  type CurrentDeployment,
  toDeployment,
} from '../deployments/deployment';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { currentOf } from '../deployments/order';
import type { ReplayedEntity } from './createDeliveryControl';
import type { Delivery } from './delivery';
import { entityRefsOf } from './evaluate';

/**
 * The entities that show something else now than they would once deliveries
 * were recorded again.
 */
export function planReplay(options: {
  deliveries: Delivery[];
  /** The current deployments of the deliveries' entities, by entity ref. */
  current: Map<string, CurrentDeployment[]>;
  subjects: DeploymentSubjects;
  /** The annotations that entities have now. */
  shown: Map<string, Record<string, string>>;
  /** The refs that the catalog has. */
  exists: { has(entityRef: string): boolean };
}): ReplayedEntity[] {
  const { deliveries, current, subjects, shown, exists } = options;
  const planned = subjects.groupByEntity(
    currentOf<CurrentDeployment>([
      ...[...current.values()].flat(),
      ...deliveries.map(toDeployment),
    ]),
  );
  return entityRefsOf(deliveries, subjects)
    .filter(ref => exists.has(ref))
    .sort()
    .flatMap(entityRef => {
      const environments = differences(
        shown.get(entityRef) ?? {},
        annotationsOf(planned.get(entityRef) ?? []),
      );
      return environments.length > 0 ? [{ entityRef, environments }] : [];
    });
}

function differences(
  shown: Record<string, string>,
  planned: Record<string, string>,
): ReplayedEntity['environments'] {
  const before = shownOf(shown);
  const after = shownOf(planned);
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map(environment => ({
      environment,
      before: before.get(environment),
      after: after.get(environment),
    }))
    .filter(
      ({ before: was, after: is }) =>
        was?.version !== is?.version || was?.deployedAt !== is?.deployedAt,
    );
}
