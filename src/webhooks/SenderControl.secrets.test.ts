import { mockLogger } from '../__testUtils__/mockLogger';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { readSecretUses } from './database/senders';
import { SenderControl } from './SenderControl';

const TABLE = 'custom_data_sender_secrets';

describeSqlite('SenderControl, for the use of secrets,', tables => {
  let time: Date;
  let control: SenderControl;
  const at = (second: number) =>
    new Date(Date.UTC(2026, 10, 22, 12, 0, second));
  const used = (second: number, sender: string, secretId: string) => {
    time = at(second);
    control.used(sender, secretId);
  };

  beforeEach(() => {
    control = new SenderControl({
      knex: tables.knex,
      senders: [],
      misconfigured: [],
      logger: mockLogger(),
      now: () => time,
    });
  });

  it('writes the last use of each secret, once', async () => {
    used(1, 'ci', 'old');
    used(2, 'ci', 'new');
    used(3, 'ci', 'new');
    used(4, 'argo', 'new');
    await control.writeUses();

    await expect(readSecretUses(tables)).resolves.toEqual([
      { sender: 'argo', secretId: 'new', at: at(4) },
      { sender: 'ci', secretId: 'new', at: at(3) },
      { sender: 'ci', secretId: 'old', at: at(1) },
    ]);
    const statements = jest.fn();
    tables.knex.on('query', statements);
    await control.writeUses();
    expect(statements).not.toHaveBeenCalled();
  });

  it('keeps what could not be written, and what was used meanwhile', async () => {
    used(1, 'ci', 'old');
    used(1, 'ci', 'new');
    await tables.knex.schema.renameTable(TABLE, 'away');
    const flushing = control.writeUses();
    used(9, 'ci', 'new');
    await expect(flushing).rejects.toMatchObject({
      message: expect.stringContaining('The database failed with'),
    });
    await tables.knex.schema.renameTable('away', TABLE);
    await control.writeUses();

    await expect(readSecretUses(tables)).resolves.toEqual([
      { sender: 'ci', secretId: 'new', at: at(9) },
      { sender: 'ci', secretId: 'old', at: at(1) },
    ]);
  });

  it('writes what was used again while it was written', async () => {
    used(1, 'ci', 'old');
    const writing = control.writeUses();
    used(9, 'ci', 'old');
    await writing;
    await control.writeUses();

    await expect(readSecretUses(tables)).resolves.toEqual([
      { sender: 'ci', secretId: 'old', at: at(9) },
    ]);
  });
});
