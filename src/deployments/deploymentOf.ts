import type { Delivery } from '../deliveries/delivery';
import {
  DECIDING_STATUSES,
  type Deployment,
  type DeploymentStatus,
} from './deployment';

/** What a delivery tells, as an event of the history. */
export function deploymentOf(delivery: Delivery): Deployment {
  const { event } = delivery;
  return {
    deliveryId: delivery.id,
    sender: delivery.sender,
    serviceKey: event.service.toLowerCase(),
    environment: event.environment,
    status: event.event.replace('deployment.', '') as DeploymentStatus,
    version: event.version,
    eventAt: event.time ?? delivery.receivedAt.toISOString(),
    arrival: delivery.sequence,
    ...(event.sequence !== undefined && { sequence: event.sequence }),
    ...(event.url !== undefined && { url: event.url }),
    ...(event.commit !== undefined && { commit: event.commit }),
  };
}

/** Whether it changes what runs. */
export function isDeciding({ status }: Pick<Deployment, 'status'>): boolean {
  return DECIDING_STATUSES.includes(status);
}
