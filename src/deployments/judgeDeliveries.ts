import type { Delivery } from '../deliveries/delivery';
import type {
  Deployment,
  DeploymentHead,
  DeploymentSubjects,
} from './deployment';
import { deploymentOf, isDeciding } from './deploymentOf';
import { indexHeads } from './indexHeads';
import { newestHeads } from './newestHeads';

/** What a recorded delivery means for the entity that it is about. */
export interface DeliveryVerdict {
  deployment: Deployment;
  /** Undefined where nobody knows the sender any more. */
  entityRef?: string;
  /** Whether it is what runs there now, as far as anybody tells. */
  current: boolean;
  /** Whether something newer is known. */
  superseded: boolean;
  /**
   * Whether what the entity shows may be another since this was recorded. Of
   * one that is not current, too: as the head of its sender it may have taken
   * the place of one that was.
   */
  changes: boolean;
}

/** Judges deliveries by the heads of all services that show on their entities. */
export function judgeDeliveries(options: {
  deliveries: Delivery[];
  heads: DeploymentHead[];
  subjects: DeploymentSubjects;
}): DeliveryVerdict[] {
  const { deliveries, heads, subjects } = options;
  const headIds = new Set(heads.map(head => head.deliveryId));
  const headsOf = indexHeads(heads);
  const newestByRef = new Map<string, Map<string, DeploymentHead>>();
  const newestOf = (entityRef: string) => {
    const newest =
      newestByRef.get(entityRef) ??
      newestHeads(headsOf(subjects.subjectsOf(entityRef)));
    newestByRef.set(entityRef, newest);
    return newest;
  };
  return deliveries.map(delivery => {
    const deployment = deploymentOf(delivery);
    const entityRef = subjects.entityRefOf(
      delivery.sender,
      delivery.event.service,
    );
    const newest =
      entityRef === undefined
        ? undefined
        : newestOf(entityRef).get(deployment.environment);
    const decides = isDeciding(deployment);
    const current = decides && newest?.deliveryId === delivery.id;
    return {
      deployment,
      entityRef,
      current,
      superseded: decides && !current,
      changes: decides && headIds.has(delivery.id),
    };
  });
}
