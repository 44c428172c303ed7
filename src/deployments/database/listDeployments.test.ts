import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import {
  at,
  type Given,
  recordedDelivery,
} from '../../deliveries/__testUtils__/recordedDelivery';
import type { DeploymentFilter, DeploymentStore } from '../deployment';
import { createDeploymentStore } from './createDeploymentStore';

describe('createDeploymentStore, in lists', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let store: DeploymentStore;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      store = createDeploymentStore({ knex });
    });

    const record = (...given: Given[]) =>
      store.record(given.map(recordedDelivery));
    const historyOf = async (filter: DeploymentFilter = {}) =>
      (await store.history(filter, { limit: 100 })).items.map(
        each => each.version,
      );

    it('lists heads page by page, by service, sender and environment', async () => {
      await record(
        { arrival: 1, service: 'b' },
        { arrival: 2, service: 'a', sender: 'z' },
        { arrival: 3, service: 'a' },
        { arrival: 4, service: 'a', environment: 'staging' },
        { arrival: 5, service: 'a', sequence: 1 },
      );
      const pages: string[][] = [];
      let after: string[] | undefined;
      do {
        const page = await store.listHeads({}, { limit: 2, after });
        expect(page.totalItems).toBe(5);
        pages.push(page.items.map(each => each.version));
        after = page.next;
      } while (after);

      expect(pages).toEqual([['v5', 'v3'], ['v4', 'v2'], ['v1']]);
    });

    it('lists the history page by page, the latest first', async () => {
      await record(
        ...[3, 1, 2, 2, 2].map((time, i) => ({ arrival: i + 1, time })),
      );
      const page = await store.history({}, { limit: 3 });
      expect(page.items.map(each => each.version)).toEqual(['v1', 'v5', 'v4']);
      expect(page.next).toEqual([at(2).toISOString(), '4']);
      const rest = await store.history({}, { limit: 3, after: page.next });
      expect(rest.items.map(each => each.version)).toEqual(['v3', 'v2']);
      expect(rest.next).toBeUndefined();
    });

    it('finds by whatever a filter says', async () => {
      await record(
        { arrival: 1, time: 1 },
        { arrival: 2, time: 2, sender: 'other' },
        { arrival: 3, time: 3, service: 'orders', environment: 'staging' },
        { arrival: 4, time: 4, event: 'deployment.removed', service: 'x' },
      );

      await expect(historyOf({ sender: 'ci' })).resolves.toEqual([
        'v4',
        'v3',
        'v1',
      ]);
      await expect(
        historyOf({ serviceKey: 'payments', sender: 'other' }),
      ).resolves.toEqual(['v2']);
      await expect(historyOf({ environment: 'staging' })).resolves.toEqual([
        'v3',
      ]);
      await expect(historyOf({ status: 'removed' })).resolves.toEqual(['v4']);
      await expect(historyOf({ withoutRemoved: true })).resolves.toEqual([
        'v3',
        'v2',
        'v1',
      ]);
      await expect(historyOf({ since: at(2), until: at(4) })).resolves.toEqual([
        'v3',
        'v2',
      ]);
      const subjects = [
        { sender: 'ci', serviceKeys: ['payments', 'orders'] },
        { sender: 'other', serviceKeys: ['orders'] },
      ];
      await expect(historyOf({ subjects })).resolves.toEqual(['v3', 'v1']);
      await expect(historyOf({ subjects: [] })).resolves.toEqual([]);
      const heads = await store.listHeads({ subjects }, { limit: 9 });
      expect(heads.items.map(each => each.version)).toEqual(['v3', 'v1']);
      expect(heads.totalItems).toBe(2);
    });
  });
});
