import type { Entity } from '@backstage/catalog-model';
import type { DeploymentHead } from '../../../src/deployments/deployment';
import { SENDER } from '../createRequest';

const ENVIRONMENTS = ['staging', 'production'];
/** One in so many entities has deployments. */
const DEPLOYED = 10;

const nameOf = (index: number) => `service-${String(index).padStart(6, '0')}`;

export function createEntities(count: number): Entity[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: nameOf(index),
      namespace: 'default',
      description: `Looks after part ${index}`,
      annotations: {
        'backstage.io/managed-by-location': 'url:https://git.example.com/x',
        'backstage.io/source-location': 'url:https://git.example.com/x',
        'custom/tier': String(1 + (index % 3)),
      },
      tags: ['go', 'tier-1'],
    },
    spec: { type: 'service', lifecycle: 'production', owner: 'group:team' },
  }));
}

/** Answers at once, and counts how often it is asked; nothing changes after the first time. */
export function createStore(count: number) {
  const heads: DeploymentHead[] = [];
  for (let index = 0; index < count; index += DEPLOYED) {
    heads.push(
      ...ENVIRONMENTS.map(environment =>
        headOf(nameOf(index), environment, index),
      ),
    );
  }
  const store = {
    queries: 0,
    changedHeads: async (since?: Date) => {
      store.queries += 1;
      return { heads: since ? [] : heads, at: new Date() };
    },
  };
  return { store, deployed: heads.length / ENVIRONMENTS.length };
}

function headOf(
  serviceKey: string,
  environment: string,
  arrival: number,
): DeploymentHead {
  return {
    deliveryId: `delivery-${arrival}`,
    sender: SENDER,
    serviceKey,
    environment,
    status: 'success',
    version: `1.${arrival}.0`,
    eventAt: new Date(1_790_000_000_000 + arrival * 1000).toISOString(),
    arrival,
  };
}
