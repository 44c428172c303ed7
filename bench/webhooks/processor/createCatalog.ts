import type { Entity } from '@backstage/catalog-model';
import createKnex, { type Knex } from 'knex';
import { migrate } from '../../../src/database/migrate';
import { recordDeployments } from '../../../src/deployments/database/recordDeployments';
import type { Deployment } from '../../../src/deployments/deployment';
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

/** A database in memory with the deployments of some of the entities; it counts what it is asked. */
export async function createDatabase(count: number): Promise<{
  knex: Knex;
  deployed: number;
  queries: () => number;
}> {
  const knex = createKnex({
    client: 'better-sqlite3',
    connection: ':memory:',
    useNullAsDefault: true,
  });
  await migrate({ knex });
  const deployments: Deployment[] = [];
  for (let index = 0; index < count; index += DEPLOYED) {
    deployments.push(
      ...ENVIRONMENTS.map(environment =>
        deploymentOf(nameOf(index), environment, deployments.length),
      ),
    );
  }
  await recordDeployments({ knex, deployments });
  let asked = 0;
  knex.on('query', () => {
    asked += 1;
  });
  return {
    knex,
    deployed: deployments.length / ENVIRONMENTS.length,
    queries: () => asked,
  };
}

function deploymentOf(
  serviceKey: string,
  environment: string,
  arrival: number,
): Deployment {
  return {
    deliveryId: `delivery-${environment}-${arrival}`,
    sender: SENDER,
    serviceKey,
    environment,
    status: 'success',
    version: `1.${arrival}.0`,
    eventAt: new Date(1_790_000_000_000 + arrival * 1000).toISOString(),
    arrival,
  };
}
