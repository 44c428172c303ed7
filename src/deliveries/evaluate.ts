import type { Knex } from 'knex';
import { findCurrentDeployments } from '../deployments/database/readDeployments';
import {
  type CurrentDeployment,
  type Deployment,
  destinationName,
  isDeciding,
  toDeployment,
} from '../deployments/deployment';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { newestByDestination } from '../deployments/order';
import type { Delivery } from './delivery';

/** What a recorded delivery means for the entity that it is about. */
export interface DeliveryEvaluation {
  deployment: Deployment;
  /** Undefined for an unknown sender. */
  entityRef?: string;
  /** Whether it is what runs now, by what all senders reported. */
  current: boolean;
  /** Whether something newer is known. */
  superseded: boolean;
  /**
   * Whether it may have changed what the entity shows. That includes one that
   * is not current: it may have replaced a deployment of its sender that was.
   */
  changes: boolean;
}

/** Evaluates deliveries as things stand now, with one query. */
export async function evaluate(options: {
  knex: Knex;
  subjects: DeploymentSubjects;
  deliveries: readonly Delivery[];
}): Promise<DeliveryEvaluation[]> {
  const { subjects, deliveries } = options;
  const current = await findCurrentDeployments({
    ...options,
    entityRefs: entityRefsOf(deliveries, subjects),
  });
  return evaluateDeliveries({ deliveries, current, subjects });
}

/** Evaluates deliveries by the current deployments of their entities. */
export function evaluateDeliveries(options: {
  deliveries: readonly Delivery[];
  /** By entity ref. */
  current: Map<string, CurrentDeployment[]>;
  subjects: DeploymentSubjects;
}): DeliveryEvaluation[] {
  const { deliveries, current, subjects } = options;
  const ids = new Set<string>();
  const newest = new Map<string, Map<string, CurrentDeployment>>();
  for (const [entityRef, deployments] of current) {
    deployments.forEach(({ deliveryId }) => ids.add(deliveryId));
    newest.set(entityRef, newestByDestination(deployments));
  }
  return deliveries.map(delivery => {
    const deployment = toDeployment(delivery);
    const { sender, event } = delivery;
    const entityRef = subjects.entityRefOf(sender, event.service);
    const runs = newest.get(entityRef ?? '')?.get(destinationName(event));
    const decides = isDeciding(deployment);
    const isCurrent = decides && runs?.deliveryId === delivery.id;
    return {
      deployment,
      entityRef,
      current: isCurrent,
      superseded: decides && !isCurrent,
      changes: decides && ids.has(delivery.id),
    };
  });
}

/** The entities that deliveries are about, each once. */
export function entityRefsOf(
  deliveries: readonly Delivery[],
  subjects: DeploymentSubjects,
): string[] {
  const refs = deliveries.map(({ sender, event }) =>
    subjects.entityRefOf(sender, event.service),
  );
  return [...new Set(refs.filter(ref => ref !== undefined))];
}
