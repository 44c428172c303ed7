import { describeSqlite } from '../database/__testUtils__/describeTables';
import { readSecretUses } from './database/senders';
import { SecretUses } from './SecretUses';

const TABLE = 'custom_data_sender_secrets';

describeSqlite('SecretUses', tables => {
  let time: Date;
  let secretUses: SecretUses;
  const at = (second: number) =>
    new Date(Date.UTC(2026, 10, 22, 12, 0, second));
  const used = (second: number, sender: string, secretId: string) => {
    time = at(second);
    secretUses.used(sender, secretId);
  };

  beforeEach(() => {
    secretUses = new SecretUses({ knex: tables.knex, now: () => time });
  });

  it('writes the last use of each secret, once', async () => {
    used(1, 'ci', 'old');
    used(2, 'ci', 'new');
    used(3, 'ci', 'new');
    used(4, 'argo', 'new');
    await secretUses.flush();

    await expect(readSecretUses(tables)).resolves.toEqual([
      { sender: 'argo', secretId: 'new', at: at(4) },
      { sender: 'ci', secretId: 'new', at: at(3) },
      { sender: 'ci', secretId: 'old', at: at(1) },
    ]);
    const statements = jest.fn();
    tables.knex.on('query', statements);
    await secretUses.flush();
    expect(statements).not.toHaveBeenCalled();
  });

  it('keeps what could not be written, and what was used meanwhile', async () => {
    used(1, 'ci', 'old');
    used(1, 'ci', 'new');
    await tables.knex.schema.renameTable(TABLE, 'away');
    const flushing = secretUses.flush();
    used(9, 'ci', 'new');
    await expect(flushing).rejects.toMatchObject({
      message: expect.stringContaining('The database failed with'),
    });
    await tables.knex.schema.renameTable('away', TABLE);
    await secretUses.flush();

    await expect(readSecretUses(tables)).resolves.toEqual([
      { sender: 'ci', secretId: 'new', at: at(9) },
      { sender: 'ci', secretId: 'old', at: at(1) },
    ]);
  });
});
