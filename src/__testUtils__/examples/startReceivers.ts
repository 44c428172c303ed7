import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { SOON, startCatalog } from '../startCatalog';
import { startRegistry } from '../startRegistry';
import { waitFor } from '../waitFor';
import { createFolders } from './createFolders';
import { SECRETS } from './secrets';

const sender = (secret: string, more: object = {}) => ({
  secrets: [{ id: 'test', secret }],
  ...more,
});

const senders = {
  catalog: sender(SECRETS.catalog, {
    requireTimestamp: true,
    environments: ['production', 'staging'],
    maxBodyBytes: 2000,
  }),
  body: sender(SECRETS.catalog),
  long: sender(SECRETS.long, { requireTimestamp: true }),
  standard: sender(SECRETS.standard, {
    dialect: 'standard-webhooks',
    environments: ['production', 'staging'],
    maxBodyBytes: 2000,
  }),
};

/** A catalog with a sender for each way to sign, and a folder for scripts to run in. */
export async function startReceivers(options: {
  knex: Knex;
  services: string[];
  /** Senders beside those that are always there. */
  webhooks?: JsonObject;
}) {
  const registry = await startRegistry();
  for (const service of options.services) {
    registry.put(service);
  }
  const catalog = await startCatalog({
    knex: options.knex,
    customData: {
      sources: { registry: { url: registry.url, ...SOON } },
      webhooks: { ...senders, ...options.webhooks },
    },
  });
  const folders = await createFolders();
  return {
    ...catalog,
    ...folders,
    urlOf: (name: string) => `${catalog.url}/custom-data/webhooks/${name}`,
    /** All that was told of a service, once it is as it is expected to be. */
    expectHistory: (service: string, expected: object[]) =>
      waitFor(async () => {
        const { body } = await catalog.api(
          `GET /deployments?history=true&service=${service}`,
        );
        expect(body.items).toEqual(
          expected.map(item => expect.objectContaining(item)),
        );
      }),
    /** How many deliveries about a service are stored: each of them before it is answered. */
    countDeliveries: async (service: string): Promise<number> =>
      (await catalog.api(`GET /deliveries?service=${service}`)).body.totalItems,
    expectAnnotation: (service: string, key: string, value: string) =>
      waitFor(async () =>
        expect((await catalog.entity(service))?.metadata.annotations).toEqual(
          expect.objectContaining({ [key]: value }),
        ),
      ),
    stop: async () => {
      await catalog.stop();
      await registry.stop();
      await folders.remove();
    },
  };
}
