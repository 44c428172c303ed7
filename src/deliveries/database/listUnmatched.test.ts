import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import { acceptDeliveries } from '../__testUtils__/acceptDeliveries';
import { newDelivery } from '../__testUtils__/newDelivery';
import type { DeliveryStore } from '../delivery';
import { createDeliveryStore } from './createDeliveryStore';

const T0 = new Date('2026-11-22T12:00:00.000Z');

describe('listUnmatched', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let store: DeliveryStore;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      store = createDeliveryStore({ knex });
    });

    const SERVICES = [
      { sender: 'argo', service: 'Payments' },
      { sender: 'ci', service: 'Orders' },
      { sender: 'ci', service: 'Payments' },
    ];
    /** Of each service two that are unmatched and one that is done. */
    async function addUnmatched(): Promise<string[]> {
      const ids = await acceptDeliveries(
        knex,
        ['v1', 'v2', 'done'].flatMap(version =>
          SERVICES.map(each => newDelivery({ ...each, version })),
        ),
        T0,
      );
      const { settle, deliveries } = await store.claim({
        limit: 10,
        leaseMs: 1000,
        now: T0,
      });
      await settle(
        new Map(
          deliveries.map(({ id, event }) => [
            id,
            { state: event.version === 'done' ? 'done' : 'unmatched' },
          ]),
        ),
        T0,
      );
      return ids;
    }

    it('lists the services that wait for their entity, each once, from a position', async () => {
      await addUnmatched();
      const first = await store.listUnmatchedServices({ limit: 2 });
      expect(first).toEqual([
        { sender: 'argo', serviceKey: 'payments' },
        { sender: 'ci', serviceKey: 'orders' },
      ]);
      await expect(
        store.listUnmatchedServices({ limit: 2, after: first[1] }),
      ).resolves.toEqual([{ sender: 'ci', serviceKey: 'payments' }]);
    });

    it('lists what is unmatched of some services, by order of arrival, from a position', async () => {
      const ids = await addUnmatched();
      const services = [
        { sender: 'argo', serviceKey: 'payments' },
        { sender: 'ci', serviceKey: 'orders' },
      ];
      const first = await store.listUnmatched({ services, limit: 3 });
      expect(first.map(({ id }) => id)).toEqual([ids[0], ids[1], ids[3]]);
      const rest = await store.listUnmatched({
        services,
        limit: 3,
        after: first[2].sequence,
      });
      expect(rest.map(({ id }) => id)).toEqual([ids[4]]);
      await expect(
        store.listUnmatched({ services: [], limit: 3 }),
      ).resolves.toEqual([]);
    });
  });
});
