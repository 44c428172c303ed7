import { createBackendModule } from '@backstage/backend-plugin-api';
import incrementalIngestion, {
  incrementalIngestionProvidersExtensionPoint,
  type IncrementalEntityProvider,
} from '@backstage/plugin-catalog-backend-module-incremental-ingestion';
import { setTimeout } from 'node:timers/promises';
import type { ServiceRecord } from '../api/registry';
import { runTask } from '../measure/handScheduler';
import { deferred, entityOf } from './entityOf';
import type { SubjectFactory } from './subject';

const NAME = 'bench-incremental';

interface Page {
  services: ServiceRecord[];
  next?: number;
}

const createPaging = (provider: IncrementalEntityProvider<number, undefined>) =>
  createBackendModule({
    pluginId: 'catalog',
    moduleId: NAME,
    register(env) {
      env.registerInit({
        deps: { extension: incrementalIngestionProvidersExtensionPoint },
        async init({ extension }) {
          extension.addProvider({
            provider,
            options: {
              burstInterval: { seconds: 5 },
              burstLength: { hours: 1 },
              restLength: { milliseconds: 0 },
            },
          });
        },
      });
    },
  });

/** Backstage's module for large sources, over pages of the same list. */
export const createIncremental: SubjectFactory = ({ url }) => {
  let bursts = 0;
  const provider: IncrementalEntityProvider<number, undefined> = {
    getProviderName: () => NAME,
    async around(burst) {
      bursts += 1;
      await burst(undefined);
    },
    async next(_context, cursor = 0) {
      const response = await fetch(`${url}?page=${cursor}`);
      const { services, next } = (await response.json()) as Page;
      const entities = services.map(record => deferred(entityOf(record)));
      return next === undefined
        ? { done: true, entities }
        : { done: false, entities, cursor: next };
    },
  };
  return {
    features: [incrementalIngestion, createPaging(provider)],
    /** The first tick ends the rest after the run before, the next one ingests all in one burst. */
    async run() {
      const before = bursts;
      await runTask(NAME);
      if (bursts === before) {
        await runTask(NAME);
      }
      if (bursts !== before + 1) {
        throw new Error('The incremental ingestion did not run');
      }
      // Its rest is over only when the clock has moved on.
      await setTimeout(2);
    },
  };
};
