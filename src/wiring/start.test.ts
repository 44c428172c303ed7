import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import {
  catalogLocationsExtensionPoint,
  type CatalogProcessor,
  catalogProcessingExtensionPoint,
  type EntityProvider,
} from '@backstage/plugin-catalog-node';
import { catalogModelExtensionPoint } from '@backstage/plugin-catalog-node/alpha';
import type { Knex } from 'knex';
import { WEBHOOK_SECRET } from '../__testUtils__/signWebhook';
import { createCatalogTables } from '../database/__testUtils__/Tables';
import { DeliveryWorker } from '../deliveries/DeliveryWorker';
import { catalogModuleCustomData } from '../module';

/** Taken here, since to load it adds a hook, which is too late within a test. */
const startBackend = startTestBackend;

describe('start', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  async function startWith(knex: Knex, customData?: JsonObject) {
    const processors: CatalogProcessor[] = [];
    const providers: EntityProvider[] = [];
    const scheduler = mockServices.scheduler.mock();
    const backend = await startBackend({
      extensionPoints: [
        [
          catalogProcessingExtensionPoint,
          {
            addProcessor: (...added) =>
              processors.push(...(added.flat() as CatalogProcessor[])),
            addEntityProvider: (...added) =>
              providers.push(...(added.flat() as EntityProvider[])),
          },
        ],
        [catalogLocationsExtensionPoint, { setAllowedLocationTypes: () => {} }],
        [catalogModelExtensionPoint, {}],
      ],
      features: [
        catalogModuleCustomData,
        scheduler.factory,
        mockServices.database.factory({ knex }),
        mockServices.rootConfig.factory({
          data: { catalog: { ...(customData && { customData }) } },
        }),
      ],
    });
    return { backend, processors, providers, scheduler };
  }

  async function emptyCatalog(): Promise<Knex> {
    const knex = await databases.init('SQLITE_3');
    await createCatalogTables(knex);
    return knex;
  }

  /** The names of the processors that the catalog gets. */
  async function processorsWith(webhooks: JsonObject): Promise<string[]> {
    const knex = await emptyCatalog();
    const { backend, processors } = await startWith(knex, { webhooks });
    await backend.stop();
    return processors.map(processor => processor.getProcessorName());
  }

  describe('without a configuration', () => {
    async function get(
      { server }: { server: { port(): number } },
      path: string,
    ) {
      const answer = await fetch(
        `http://127.0.0.1:${server.port()}/api/catalog/custom-data${path}`,
        { headers: { authorization: mockCredentials.user.header() } },
      );
      return { status: answer.status, body: await answer.json() };
    }

    it('makes no tables and no tasks; lists are empty, and the rest says why there is nothing', async () => {
      const knex = await emptyCatalog();
      const { backend, processors, scheduler } = await startWith(knex);

      for (const list of ['sources', 'senders', 'deliveries']) {
        await expect(get(backend, `/${list}`)).resolves.toEqual({
          status: 200,
          body: { items: [], totalItems: 0, pageInfo: {} },
        });
      }
      await expect(get(backend, '/deployments')).resolves.toEqual({
        status: 200,
        body: { items: [], pageInfo: {} },
      });
      await expect(get(backend, '/sources/registry')).resolves.toMatchObject({
        status: 404,
        body: {
          error: {
            message: 'Nothing is configured under "catalog.customData"',
          },
        },
      });
      await backend.stop();

      expect(processors).toEqual([]);
      expect(scheduler.scheduleTask).not.toHaveBeenCalled();
      await expect(
        knex('sqlite_master').where('name', 'like', 'custom_data%'),
      ).resolves.toEqual([]);
    });

    it('describes the routes that need no configuration', async () => {
      const { backend } = await startWith(await emptyCatalog());
      const { status, body } = await get(backend, '/openapi.json');
      await backend.stop();
      expect(status).toBe(200);
      expect(Object.keys((body as any).paths)).toEqual(
        expect.arrayContaining(['/schemas', '/validate', '/openapi.json']),
      );
    });

    it('keeps the entities of a source of an earlier time', async () => {
      const knex = await emptyCatalog();
      const url = 'http://127.0.0.1:9/metadata';
      const before = await startWith(knex, { sources: { registry: { url } } });
      await before.backend.stop();
      await knex('custom_data_sources').insert({
        source: 'registry',
        failures: 0,
      });

      const { backend, providers } = await startWith(knex);
      await expect(get(backend, '/sources')).resolves.toMatchObject({
        body: { items: [{ name: 'registry', state: 'unconfigured' }] },
      });
      await backend.stop();
      expect(providers.map(each => each.getProviderName())).toContain(
        'custom-data-registry',
      );
    });
  });

  it('shows deployments only where there is a sender, be it misconfigured', async () => {
    await expect(processorsWith({})).resolves.not.toContain(
      'custom-data-deployments',
    );
    const secrets = [{ id: 'one', secret: WEBHOOK_SECRET }];
    await expect(processorsWith({ ci: { secrets } })).resolves.toContain(
      'custom-data-deployments',
    );
    await expect(processorsWith({ ci: { secrets: [] } })).resolves.toContain(
      'custom-data-deployments',
    );
  });

  it('processes no delivery before the catalog is connected, and then what waits', async () => {
    const begin = jest
      .spyOn(DeliveryWorker.prototype, 'start')
      .mockReturnValue();
    const secrets = [{ id: 'one', secret: WEBHOOK_SECRET }];
    const { backend, providers } = await startWith(await emptyCatalog(), {
      webhooks: { ci: { secrets } },
    });
    const begunBefore = begin.mock.calls.length;
    for (const provider of providers) {
      await provider.connect({ applyMutation: jest.fn(), refresh: jest.fn() });
    }
    await backend.stop();
    expect(begunBefore).toBe(0);
    expect(begin).toHaveBeenCalledTimes(1);
    begin.mockRestore();
  });
});
