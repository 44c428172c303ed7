import {
  coreServices,
  createBackendModule,
  type BackendFeature,
} from '@backstage/backend-plugin-api';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { TEAMS } from '../api/registry';
import { watchMutations } from '../measure/watchRun';

/** The owners that the records name. */
const teams = TEAMS.map(name => ({
  entity: {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Group',
    metadata: { name },
    spec: { type: 'team', children: [] },
  },
  locationKey: 'bench-harness',
}));

/** What every subject has beside it in the catalog, so that it can be measured. */
export function createHarness(): {
  feature: BackendFeature;
  knex: Promise<Knex>;
} {
  let found: (knex: Knex) => void;
  const knex = new Promise<Knex>(resolve => {
    found = resolve;
  });
  const feature = createBackendModule({
    pluginId: 'catalog',
    moduleId: 'bench-harness',
    register(env) {
      env.registerInit({
        deps: {
          database: coreServices.database,
          processing: catalogProcessingExtensionPoint,
        },
        async init({ database, processing }) {
          processing.addEntityProvider({
            getProviderName: () => 'bench-harness',
            async connect(connection) {
              await connection.applyMutation({ type: 'full', entities: teams });
              watchMutations(connection);
            },
          });
          found(await database.getClient());
        },
      });
    },
  });
  return { feature, knex };
}
