import {
  coreServices,
  createBackendModule,
  type BackendFeature,
} from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';

/** Hands out the catalog's database. */
export function createProbe(): {
  feature: BackendFeature;
  knex: Promise<Knex>;
} {
  let found: (knex: Knex | Promise<Knex>) => void;
  const knex = new Promise<Knex>(resolve => {
    found = resolve;
  });
  const feature = createBackendModule({
    pluginId: 'catalog',
    moduleId: 'bench-probe',
    register(env) {
      env.registerInit({
        deps: { database: coreServices.database },
        async init({ database }) {
          found(database.getClient());
        },
      });
    },
  });
  return { feature, knex };
}
