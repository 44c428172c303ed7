import type {
  Deployment,
  DeploymentHead,
  DeploymentStore,
  DeploymentSubjects,
} from '../deployments/deployment';
import type { OfEntity } from './readVisible';

/** An event of the history, as people see it. */
export function presentEvent(event: OfEntity<Deployment>) {
  return {
    ...presentCommon(event),
    eventAt: event.eventAt,
    sequence: event.sequence,
    url: event.url,
    commit: event.commit,
  };
}

/** What senders told last of entities, and which of that is so. */
export async function presentHeads(
  heads: OfEntity<DeploymentHead>[],
  context: {
    deployments: Pick<DeploymentStore, 'heads'>;
    subjects: DeploymentSubjects;
  },
) {
  const current = await currentDeliveries(heads, context);
  return heads.map(head => ({
    ...presentCommon(head),
    deployedAt: head.eventAt,
    current: current.has(head.deliveryId),
  }));
}

function presentCommon(told: OfEntity<DeploymentHead>) {
  return {
    entityRef: told.entityRef,
    service: told.serviceKey,
    sender: told.sender,
    environment: told.environment,
    status: told.status,
    version: told.version,
    deliveryId: told.deliveryId,
  };
}

/**
 * The deliveries that tell what runs on entities: judged over all that is known
 * of them, since a page has a part of it.
 */
async function currentDeliveries(
  heads: OfEntity<DeploymentHead>[],
  options: {
    deployments: Pick<DeploymentStore, 'heads'>;
    subjects: DeploymentSubjects;
  },
): Promise<Set<string>> {
  const { deployments, subjects } = options;
  const serviceKeys = new Set(
    [...new Set(heads.map(({ entityRef }) => entityRef))].flatMap(ref =>
      subjects.subjectsOf(ref).flatMap(subject => subject.serviceKeys),
    ),
  );
  const groups = new Map<string, DeploymentHead[]>();
  for (const head of await deployments.heads([...serviceKeys])) {
    const ref = subjects.entityRefOf(head.sender, head.serviceKey);
    const key = JSON.stringify([ref, head.environment]);
    groups.set(key, [...(groups.get(key) ?? []), head]);
  }
  return new Set(
    [...groups.values()].flatMap(
      group => subjects.newestOf(group)?.deliveryId ?? [],
    ),
  );
}
