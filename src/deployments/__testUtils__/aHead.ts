import type { DeploymentHead } from '../deployment';
import { minutes } from './aDelivery';

/** What one sender told last of a service in an environment. */
export function aHead(overrides: Partial<DeploymentHead>): DeploymentHead {
  return {
    deliveryId: `delivery-${overrides.arrival ?? 1}`,
    sender: 'ci',
    serviceKey: 'payments-api',
    environment: 'production',
    status: 'success',
    version: 'v1',
    eventAt: minutes(0).toISOString(),
    arrival: 1,
    ...overrides,
  };
}
