import type { Delivery } from '../delivery';
import type { DeploymentEvent } from '../../deployments/deployment';

const START = Date.parse('2026-11-22T12:00:00.000Z');

/** A time, in minutes from noon. */
export const minutes = (count: number) => new Date(START + count * 60_000);

/** A delivery that came as the n-th, at its minute. */
export function aDelivery(
  arrival: number,
  event: Partial<DeploymentEvent> = {},
  overrides: Partial<Delivery> = {},
): Delivery {
  const receivedAt = minutes(arrival);
  return {
    id: `delivery-${arrival}`,
    sequence: arrival,
    sender: 'ci',
    event: {
      event: 'deployment.success',
      service: 'payments-api',
      version: `v${arrival}`,
      environment: 'production',
      catalogRefresh: false,
      ...event,
    },
    state: 'pending',
    attempts: 1,
    receivedAt,
    queuedAt: receivedAt,
    attemptsBefore: 0,
    ...overrides,
  };
}
