import { createBackendModule } from '@backstage/backend-plugin-api';
import type { IncrementalEntityProvider } from '@backstage/plugin-catalog-backend-module-incremental-ingestion';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import { setTimeout as wait } from 'node:timers/promises';
import type { Subject, Subjects } from '../lib/backendProcess';
import { createCatalogModule } from '../lib/catalogModule';
import { createIngestSubject, runTask } from './measureRun';
import type { ServiceRecord } from './registry';
import { deferred, SOURCE } from './source';

export const subjects: Subjects = {
  /** This module, as its users install it. */
  module: () =>
    createIngestSubject([import('../../src')], () =>
      runTask(`custom-data-${SOURCE}-poll`),
    ),

  full: ({ url }) => createFullMutation(url),

  incremental: ({ url }) => createIncremental(url),
};

interface Page {
  services: ServiceRecord[];
  next?: number;
}

const fetchPage = async (url: string) =>
  (await (await fetch(url)).json()) as Page;

/** What most entity providers do: read, map and apply everything on each run. */
function createFullMutation(url: string): Subject {
  let connection: EntityProviderConnection;
  const feature = createCatalogModule('bench-full', async ({ addProvider }) =>
    addProvider(given => {
      connection = given;
    }),
  );
  return createIngestSubject([feature], async () => {
    const { services } = await fetchPage(url);
    const entities = services.map(deferred);
    await connection.applyMutation({ type: 'full', entities });
  });
}

const INCREMENTAL = 'bench-incremental';

/** Backstage's module for large sources, over pages of the same list. */
async function createIncremental(url: string): Promise<Subject> {
  const { default: module, incrementalIngestionProvidersExtensionPoint } =
    await import(
      '@backstage/plugin-catalog-backend-module-incremental-ingestion'
    );
  let bursts = 0;
  const provider: IncrementalEntityProvider<number, undefined> = {
    getProviderName: () => INCREMENTAL,
    async around(burst) {
      bursts += 1;
      await burst(undefined);
    },
    async next(_context, cursor = 0) {
      const { services, next } = await fetchPage(`${url}?page=${cursor}`);
      const entities = services.map(deferred);
      return next === undefined
        ? { done: true, entities }
        : { done: false, entities, cursor: next };
    },
  };
  const options = {
    burstInterval: { seconds: 5 },
    burstLength: { hours: 1 },
    restLength: { milliseconds: 0 },
  };
  const paging = createBackendModule({
    pluginId: 'catalog',
    moduleId: INCREMENTAL,
    register(env) {
      env.registerInit({
        deps: { extension: incrementalIngestionProvidersExtensionPoint },
        async init({ extension }) {
          extension.addProvider({ provider, options });
        },
      });
    },
  });
  return createIngestSubject([module, paging], async () => {
    // The first tick ends the rest after the run before. The next one ingests.
    const before = bursts;
    await runTask(INCREMENTAL);
    if (bursts === before) {
      await runTask(INCREMENTAL);
    }
    if (bursts !== before + 1) {
      throw new Error('The incremental ingestion did not run');
    }
    // The rest lasts until the clock has moved on.
    await wait(2);
  });
}
