import {
  type BackendFeature,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import {
  catalogProcessingExtensionPoint,
  type EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import { deploymentRefreshKey } from '../../../src/lib/keys';
import { monotonicMs } from '../../measure/clock';
import { MARK, refOf, seedEntity, serviceName } from './entities';
import { watchCalls } from './watchBackend';

const NAME = 'bench-seed';

const deferred = (entity: Entity) => ({ entity, locationKey: NAME });

/** Fills the catalog, and changes an entity with nothing but the catalog's own means. */
export interface BareRoutes {
  feature: BackendFeature;
  seed(count: number): Promise<void>;
  /** Has an entity processed anew, which then shows the mark; when that began. */
  refresh(index: number, mark: string): Promise<number>;
  /** Applies an entity that has the mark; when that began. */
  delta(index: number, mark: string): Promise<number>;
}

export function createBareRoutes(): BareRoutes {
  const marks = new Map<string, string>();
  let connected: (connection: EntityProviderConnection) => void;
  const connection = new Promise<EntityProviderConnection>(resolve => {
    connected = resolve;
  });
  const feature = createSeedModule(marks, given => connected(given));
  return {
    feature,
    async seed(count) {
      const indexes = Array.from({ length: count }, (_, index) => index);
      await (
        await connection
      ).applyMutation({
        type: 'full',
        entities: indexes.map(index => deferred(seedEntity(index))),
      });
    },
    async refresh(index, mark) {
      const { refresh } = bound(await connection);
      marks.set(serviceName(index), mark);
      const startedAt = monotonicMs();
      await refresh({ keys: [deploymentRefreshKey(refOf(index))] });
      return startedAt;
    },
    async delta(index, mark) {
      const { applyMutation } = bound(await connection);
      const added = [deferred(seedEntity(index, mark))];
      const startedAt = monotonicMs();
      await applyMutation({ type: 'delta', added, removed: [] });
      return startedAt;
    },
  };
}

function bound(connection: EntityProviderConnection) {
  return {
    refresh: connection.refresh.bind(connection),
    applyMutation: connection.applyMutation.bind(connection),
  };
}

function createSeedModule(
  marks: Map<string, string>,
  connected: (connection: EntityProviderConnection) => void,
): BackendFeature {
  return createBackendModule({
    pluginId: 'catalog',
    moduleId: NAME,
    register(env) {
      env.registerInit({
        deps: { processing: catalogProcessingExtensionPoint },
        async init({ processing }) {
          processing.addEntityProvider({
            getProviderName: () => NAME,
            async connect(connection) {
              watchCalls(connection);
              connected(connection);
            },
          });
          processing.addProcessor({
            getProcessorName: () => NAME,
            preProcessEntity: async entity => withMark(entity, marks),
          });
        },
      });
    },
  });
}

function withMark(entity: Entity, marks: Map<string, string>): Entity {
  const mark = marks.get(entity.metadata.name);
  if (mark === undefined) {
    return entity;
  }
  const annotations = { ...entity.metadata.annotations, [MARK]: mark };
  return { ...entity, metadata: { ...entity.metadata, annotations } };
}
