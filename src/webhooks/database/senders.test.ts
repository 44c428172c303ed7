import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import {
  deletePause,
  insertPause,
  readPauses,
  readSecretUses,
  upsertSecretUses,
} from './senders';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describe('the tables of senders', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
    });

    it('keep who paused a sender until it is resumed', async () => {
      const [ann, bob] = ['user:default/ann', 'user:default/bob'];
      await insertPause({ knex, sender: 'ci', by: ann, at: T0 });
      await insertPause({ knex, sender: 'other', by: ann, at: T0 });
      await insertPause({ knex, sender: 'ci', by: bob, at: later(5) });
      await deletePause({ knex, sender: 'other' });
      await deletePause({ knex, sender: 'unknown' });

      await expect(readPauses({ knex })).resolves.toEqual(
        new Map([['ci', { by: bob, at: later(5) }]]),
      );
    });

    it('keep the latest use of each secret, whichever replica writes it in whatever order', async () => {
      const use = (secretId: string, at: Date) => ({
        sender: 'ci',
        secretId,
        at,
      });
      const write = (uses: Array<ReturnType<typeof use>>) =>
        upsertSecretUses({ knex, uses });
      await write([use('old', T0), use('new', later(5))]);
      await write([use('new', later(4)), use('old', later(9))]);
      await write([]);

      await expect(readSecretUses({ knex })).resolves.toEqual([
        use('new', later(5)),
        use('old', later(9)),
      ]);
    });
  });
});
