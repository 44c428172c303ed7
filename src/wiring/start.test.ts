import {
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import {
  catalogLocationsExtensionPoint,
  type CatalogProcessor,
  catalogProcessingExtensionPoint,
} from '@backstage/plugin-catalog-node';
import { WEBHOOK_SECRET } from '../__testUtils__/signWebhook';
import { createCatalogTables } from '../database/__testUtils__/createTables';
import { catalogModuleCustomData } from '../module';

describe('start', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  /** The names of the processors that the catalog gets. */
  async function processorsWith(webhooks: JsonObject): Promise<string[]> {
    const knex = await databases.init('SQLITE_3');
    await createCatalogTables(knex);
    const processors: CatalogProcessor[] = [];
    const backend = await startTestBackend({
      extensionPoints: [
        [
          catalogProcessingExtensionPoint,
          {
            addProcessor: (...added) =>
              processors.push(...(added.flat() as CatalogProcessor[])),
            addEntityProvider: () => {},
          },
        ],
        [catalogLocationsExtensionPoint, { setAllowedLocationTypes: () => {} }],
      ],
      features: [
        catalogModuleCustomData,
        mockServices.database.factory({ knex }),
        mockServices.rootConfig.factory({
          data: { catalog: { customData: { webhooks } } },
        }),
      ],
    });
    await backend.stop();
    return processors.map(processor => processor.getProcessorName());
  }

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
});
