import {
  coreServices,
  createBackendModule,
  type BackendFeature,
  type HttpRouterService,
} from '@backstage/backend-plugin-api';
import {
  catalogProcessingExtensionPoint,
  type CatalogProcessingExtensionPoint,
  type EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';

interface Parts {
  knex: Knex;
  httpRouter: HttpRouterService;
  processing: CatalogProcessingExtensionPoint;
  /** Adds an entity provider that does nothing by itself. */
  addProvider(onConnect: (connection: EntityProviderConnection) => void): void;
}

/** A module of the catalog. */
export function createCatalogModule(
  moduleId: string,
  init: (parts: Parts) => Promise<void>,
): BackendFeature {
  return createBackendModule({
    pluginId: 'catalog',
    moduleId,
    register(env) {
      env.registerInit({
        deps: {
          database: coreServices.database,
          httpRouter: coreServices.httpRouter,
          processing: catalogProcessingExtensionPoint,
        },
        async init({ database, httpRouter, processing }) {
          await init({
            knex: await database.getClient(),
            httpRouter,
            processing,
            addProvider: onConnect =>
              processing.addEntityProvider({
                getProviderName: () => moduleId,
                connect: async connection => onConnect(connection),
              }),
          });
        },
      });
    },
  });
}
