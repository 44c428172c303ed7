import type {
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { type SendOptions } from './sendWebhook';
import {
  deployment,
  SENDER,
  SOON,
  startCatalog,
  type StartCatalogOptions,
} from './startCatalog';
import { startRegistry } from './startRegistry';
import { waitFor } from './waitFor';

export type WebhookCatalog = Awaited<ReturnType<typeof startWebhooks>>;

/** A source that is polled at the start, and when a test says so. */
const ONCE = {
  ...SOON,
  schedule: { ...SOON.schedule, frequency: { hours: 1 } },
  reconcile: { initialDelay: { hours: 1 } },
};

const VERSION = 'custom/deployed-version.';

type StartWebhooksOptions = Omit<StartCatalogOptions, 'customData'> & {
  services?: string[];
  /** The sender `ci`, unless told otherwise. */
  webhooks?: JsonObject;
  customData?: JsonObject;
};

/** Runs a test with a catalog that has a database of its own. */
export function withWebhooks(databases: TestDatabases) {
  return async (
    options: Omit<StartWebhooksOptions, 'knex'> & { knex?: Knex },
    test: (catalog: WebhookCatalog, knex: Knex) => Promise<void>,
    databaseId: TestDatabaseId = 'SQLITE_3',
  ) => {
    const knex = options.knex ?? (await databases.init(databaseId));
    const catalog = await startWebhooks({ ...options, knex });
    try {
      await test(catalog, knex);
    } finally {
      await catalog.stop();
    }
  };
}

/** A catalog that has services, and takes webhooks about them. */
export async function startWebhooks(options: StartWebhooksOptions) {
  const { services = ['a'], webhooks = { ci: SENDER } } = options;
  const registry = await startRegistry();
  services.forEach(name => registry.put(name));
  const catalog = await startCatalog({
    ...options,
    customData: {
      sources: { registry: { url: registry.url, ...ONCE } },
      webhooks,
      ...options.customData,
    },
  });
  const get = async (path: string) =>
    (await catalog.api(`GET ${path}`)).body as any;
  const world = {
    ...catalog,
    get,
    /** What a service shows, by environment. */
    versions: async (name: string = services[0]) =>
      versionsIn((await catalog.entity(name))?.metadata.annotations),
    /** Once it is neither to be settled nor to be tried again. */
    settled: (id: string) =>
      waitFor(async () => {
        const delivery = await get(`/deliveries/${id}`);
        expect(delivery).toMatchObject({ settledAt: expect.any(String) });
        return delivery;
      }),
    /** Has the catalog learn of a service. */
    add: async (name: string) => {
      registry.put(name);
      await catalog.api('POST /sources/registry/sync', { body: {} });
    },
    stop: async () => {
      await catalog.stop();
      await registry.stop();
    },
  };
  await waitFor(async () =>
    expect(await catalog.entities()).toEqual([...services].sort()),
  );
  return {
    ...world,
    /** Sends a deployment, and has it settled. */
    tell: async (version: string, more?: object, sender?: SendOptions) => {
      const { body } = await catalog.post(deployment(version, more), sender);
      return world.settled(body.id);
    },
  };
}

function versionsIn(
  annotations: Record<string, string> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations)
      .filter(([key]) => key.startsWith(VERSION))
      .map(([key, version]) => [key.slice(VERSION.length), version]),
  );
}
