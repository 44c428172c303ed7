import type { DeploymentEventName } from '../../deployments/deployment';
import type { Delivery } from '../delivery';

const T0 = Date.parse('2026-11-22T12:00:00.000Z');
/** Minutes after the start. */
export const at = (minutes: number) => new Date(T0 + minutes * 60_000);

export interface Given {
  arrival: number;
  event?: DeploymentEventName;
  /** Minutes after the start; without it the event has no time of its own. */
  time?: number;
  /** Minutes after the start. */
  received?: number;
  sequence?: number;
  service?: string;
  sender?: string;
  environment?: string;
}

/** A delivery as it is settled. */
export function recordedDelivery(given: Given): Delivery {
  const { arrival, time, received = arrival, sequence } = given;
  return {
    id: `delivery-${arrival}`,
    sequence: arrival,
    sender: given.sender ?? 'ci',
    event: {
      event: given.event ?? 'deployment.success',
      service: given.service ?? 'Payments',
      version: `v${arrival}`,
      environment: given.environment ?? 'production',
      catalogRefresh: false,
      ...(time !== undefined && { time: at(time).toISOString() }),
      ...(sequence !== undefined && { sequence }),
    },
    state: 'pending',
    attempts: 1,
    receivedAt: at(received),
    queuedAt: at(received),
    attemptsBefore: 0,
  };
}
