import { createHash } from 'node:crypto';
import type { DeploymentEvent } from '../../deployments/deployment';
import type { NewDelivery } from '../delivery';

/** A delivery as a sender may post it, of version `v1` of payments by default. */
export function newDelivery(
  options: Partial<DeploymentEvent> & {
    sender?: string;
    externalId?: string;
    /** Why it is about nothing that concerns us. */
    ignored?: string;
    payload?: string;
    /** Whether its sender was paused. */
    held?: boolean;
  } = {},
): NewDelivery {
  const {
    sender = 'ci',
    externalId,
    ignored,
    payload,
    held,
    ...given
  } = options;
  const event: DeploymentEvent = {
    event: 'deployment.success',
    service: 'Payments',
    version: 'v1',
    environment: 'production',
    catalogRefresh: false,
    ...given,
  };
  const body = payload ?? ignored ?? JSON.stringify(event);
  return {
    sender,
    externalId,
    digest: createHash('sha256').update(body).digest('hex'),
    secretId: '2026-q4',
    dialect: 'catalog',
    content:
      ignored === undefined
        ? { type: 'event', event }
        : { type: 'ignored', reason: ignored },
    held,
    payload: body,
    headers: { 'content-type': 'application/json' },
  };
}
