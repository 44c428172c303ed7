import {
  type Deployment,
  type DeploymentEvent,
  toDeployment,
} from '../deployment';

const T0 = Date.parse('2026-11-22T12:00:00.000Z');

/** Minutes after the start. */
export const at = (minutes: number) => new Date(T0 + minutes * 60_000);

export interface Given extends Partial<Omit<DeploymentEvent, 'time'>> {
  arrival: number;
  /** Minutes after the start; without it the event has no time of its own. */
  time?: number;
  /** Minutes after the start; that of its arrival by default. */
  received?: number;
  sender?: string;
}

/** A deployment that arrived as the n-th, of version `v<n>` of payments. */
export function aDeployment(given: Given): Deployment {
  const { arrival, time, received = arrival, sender = 'ci', ...event } = given;
  return toDeployment({
    id: `delivery-${arrival}`,
    sequence: arrival,
    sender,
    event: {
      event: 'deployment.success',
      service: 'Payments',
      version: `v${arrival}`,
      environment: 'production',
      catalogRefresh: false,
      ...event,
      ...(time !== undefined && { time: at(time).toISOString() }),
    },
    receivedAt: at(received),
  });
}
