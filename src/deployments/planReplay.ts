import type { ReplayedEntity } from '../deliveries/createDeliveryControl';
import type { Delivery } from '../deliveries/delivery';
import { annotationsOf, shownOf } from './annotationsOf';
import type { DeploymentHead, DeploymentSubjects } from './deployment';
import { indexHeads } from './indexHeads';
import { recordOnto } from './recordOnto';

/**
 * What entities would show once deliveries were recorded on top of heads: those
 * of them that show something else now.
 */
export function planReplay(options: {
  deliveries: Delivery[];
  /** All of the services that show on the deliveries' entities. */
  heads: DeploymentHead[];
  subjects: DeploymentSubjects;
  /** The annotations that entities have now. */
  shown: Map<string, Record<string, string>>;
  /** The refs that the catalog has. */
  exists: { has(entityRef: string): boolean };
}): ReplayedEntity[] {
  const { deliveries, heads, subjects, shown, exists } = options;
  const headsOf = indexHeads(recordOnto(heads, deliveries));
  const refs = new Set<string>();
  for (const { sender, event } of deliveries) {
    const entityRef = subjects.entityRefOf(sender, event.service);
    if (entityRef !== undefined && exists.has(entityRef)) {
      refs.add(entityRef);
    }
  }
  return [...refs].sort().flatMap(entityRef => {
    const environments = differences(
      shown.get(entityRef) ?? {},
      annotationsOf(headsOf(subjects.subjectsOf(entityRef))),
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
