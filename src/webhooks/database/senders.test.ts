import { describeTables } from '../../database/__testUtils__/describeTables';
import {
  deletePause,
  insertPause,
  readPauses,
  readSecretUses,
  upsertSecretUses,
} from './senders';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describeTables('the tables of senders %p', tables => {
  it('keep who paused a sender until it is resumed', async () => {
    const [ann, bob] = ['user:default/ann', 'user:default/bob'];
    await insertPause({ knex: tables.knex, sender: 'ci', by: ann, at: T0 });
    await insertPause({ knex: tables.knex, sender: 'other', by: ann, at: T0 });
    await insertPause({
      knex: tables.knex,
      sender: 'ci',
      by: bob,
      at: later(5),
    });
    await deletePause({ knex: tables.knex, sender: 'other' });
    await deletePause({ knex: tables.knex, sender: 'unknown' });

    await expect(readPauses(tables)).resolves.toEqual(
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
      upsertSecretUses({ knex: tables.knex, uses });
    await write([use('old', T0), use('new', later(5))]);
    await write([use('new', later(4)), use('old', later(9))]);
    await write([]);

    await expect(readSecretUses(tables)).resolves.toEqual([
      use('new', later(5)),
      use('old', later(9)),
    ]);
  });
});
