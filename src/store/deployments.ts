import type { Knex } from 'knex';
import type { DeploymentStore } from '../model/deployment';
import { concealValues } from './concealValues';
import { currentDeployments } from './deploymentsCurrent';
import { recordDeployment } from './deploymentsRecord';

/** What runs where, in the catalog's database. */
export function createDeploymentStore(options: {
  knex: Knex;
}): DeploymentStore {
  const { knex } = options;
  return {
    record: delivery =>
      concealValues(() => recordDeployment({ knex, delivery })),
    current: serviceKeys =>
      concealValues(() => currentDeployments({ knex, serviceKeys })),
  };
}
