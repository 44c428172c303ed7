import {
  createBackendModule,
  type BackendFeature,
} from '@backstage/backend-plugin-api';
import {
  catalogProcessingExtensionPoint,
  type EntityProvider,
  type EntityProviderConnection,
} from '@backstage/plugin-catalog-node';

/** A module with one entity provider, and the connection that this is given. */
export function createProviderModule(name: string): {
  feature: BackendFeature;
  connection: Promise<EntityProviderConnection>;
} {
  let connected: (connection: EntityProviderConnection) => void;
  const connection = new Promise<EntityProviderConnection>(resolve => {
    connected = resolve;
  });
  const provider: EntityProvider = {
    getProviderName: () => name,
    connect: async given => connected(given),
  };
  const feature = createBackendModule({
    pluginId: 'catalog',
    moduleId: name,
    register(env) {
      env.registerInit({
        deps: { processing: catalogProcessingExtensionPoint },
        async init({ processing }) {
          processing.addEntityProvider(provider);
        },
      });
    },
  });
  return { feature, connection };
}
