import { TestDatabases } from '@backstage/backend-test-utils';
import { createTables } from '../../database/__testUtils__/createTables';
import { createSenderStore } from './senders';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describe('createSenderStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    async function setUp() {
      const knex = await tables.empty(databaseId);
      return createSenderStore({ knex });
    }

    it('knows who paused a sender until it goes on', async () => {
      const store = await setUp();
      await store.setPaused('ci', { by: 'user:default/ann', at: T0 });
      await store.setPaused('other', { by: 'user:default/ann', at: T0 });
      await store.setPaused('ci', { by: 'user:default/bob', at: later(5) });
      await store.setPaused('other', undefined);
      await store.setPaused('unknown', undefined);

      await expect(store.paused()).resolves.toEqual(
        new Map([['ci', { by: 'user:default/bob', at: later(5) }]]),
      );
    });

    it('keeps the latest use of each secret, whoever tells of it and in whatever order', async () => {
      const store = await setUp();
      const use = (secretId: string, at: Date) => ({
        sender: 'ci',
        secretId,
        at,
      });
      await store.markUsed([use('old', T0), use('new', later(5))]);
      await store.markUsed([
        use('new', later(4)),
        use('old', later(9)),
        use('old', later(7)),
      ]);
      await store.markUsed([]);

      await expect(store.lastUses()).resolves.toEqual([
        use('new', later(5)),
        use('old', later(9)),
      ]);
    });
  });
});
