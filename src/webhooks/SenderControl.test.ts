import type { Knex } from 'knex';
import { mockLogger } from '../__testUtils__/mockLogger';
import { aSender } from '../config/__testUtils__/aSender';
import { recordCredentials } from '../database/credentialDates';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { deletePause, upsertSecretUses } from './database/senders';
import { SenderControl } from './SenderControl';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const JANE = 'user:default/jane';

describeSqlite('SenderControl', tables => {
  const now = new Date('2026-11-22T12:00:00.000Z');
  const before = new Date(now.getTime() - 1);
  const after = new Date(now.getTime() + 1);
  const logger = mockLogger();
  let control: SenderControl;

  const create = (over = tables.knex) =>
    new SenderControl({
      knex: over,
      senders: [
        aSender({
          name: 'ci',
          secrets: [
            { id: 'old', key: KEY, notAfter: now, rotateBy: before },
            { id: 'present', key: KEY, notBefore: now, rotateBy: after },
            { id: 'next', key: KEY, notBefore: after },
          ],
        }),
        aSender({ name: 'argo', paused: true }),
      ],
      misconfigured: [
        {
          name: 'broken',
          key: 'catalog.customData.webhooks.broken.secrets',
          reason: 'is empty',
          entity: 'component:default/{service}',
          aliases: {},
        },
      ],
      logger,
      now: () => now,
    });
  const find = async (name: string) =>
    (await control.list()).find(sender => sender.name === name);

  beforeEach(() => {
    jest.resetAllMocks();
    control = create();
  });

  it('lists all senders by name, misconfigured ones with the key at fault', async () => {
    const all = await control.list();

    expect(all.map(({ name, state }) => [name, state])).toEqual([
      ['argo', 'paused'],
      ['broken', 'misconfigured'],
      ['ci', 'active'],
    ]);
    expect(all[0].paused).toBeUndefined();
    expect(all[1].reason).toBe(
      'catalog.customData.webhooks.broken.secrets: is empty',
    );
  });

  it('tells which secret is in force, which is overdue, and which is in use', async () => {
    await upsertSecretUses({
      knex: tables.knex,
      uses: [
        { sender: 'ci', secretId: 'old', at: before },
        { sender: 'argo', secretId: 'present', at: before },
      ],
    });
    await recordCredentials({
      knex: tables.knex,
      credentials: ['old', 'next'].map(id => ({
        type: 'sender',
        name: 'ci',
        id,
      })),
      now: before,
    });

    expect((await find('ci'))?.secrets).toEqual([
      {
        id: 'old',
        state: 'expired',
        notAfter: now.toISOString(),
        rotateBy: before.toISOString(),
        firstSeenAt: before.toISOString(),
        dueAt: before.toISOString(),
        overdue: true,
        lastUsedAt: before.toISOString(),
      },
      {
        id: 'present',
        state: 'valid',
        notBefore: now.toISOString(),
        rotateBy: after.toISOString(),
        firstSeenAt: now.toISOString(),
        dueAt: after.toISOString(),
        overdue: false,
      },
      {
        id: 'next',
        state: 'not-yet-valid',
        notBefore: after.toISOString(),
        firstSeenAt: before.toISOString(),
        dueAt: new Date(before.getTime() + 90 * 86_400_000).toISOString(),
        overdue: false,
      },
    ]);
  });

  it('reports a valid secret that is 90 days old and says nothing of when it is due', async () => {
    const codesAt = async (days: number) => {
      const at = new Date(before.getTime() + days * 86_400_000);
      const readings = await new SenderControl({
        knex: tables.knex,
        senders: [
          aSender({
            name: 'ci',
            secrets: [{ id: 'present', key: KEY }],
          }),
        ],
        misconfigured: [],
        logger: mockLogger(),
        now: () => at,
      }).readings();
      return readings.map(({ labels }) => labels.code);
    };
    await recordCredentials({
      knex: tables.knex,
      credentials: [{ type: 'sender', name: 'ci', id: 'present' }],
      now: before,
    });
    await recordCredentials({
      knex: tables.knex,
      credentials: [{ type: 'sender', name: 'ci', id: 'present' }],
      now: after,
    });

    await expect(codesAt(89)).resolves.toEqual([]);
    await expect(codesAt(90)).resolves.toEqual(['secret-due']);
  });

  it('shows nothing of a key', async () => {
    const text = JSON.stringify(await control.list());

    expect(text).not.toContain('key');
    expect(text).not.toContain(KEY.toString());
    expect(text).not.toContain(KEY.toString('base64'));
  });

  it('pauses and resumes, and this process knows it at once', async () => {
    await control.pause('ci', JANE);
    expect(control.isPaused('ci')).toBe(true);
    expect(control.isPaused('other')).toBe(false);
    await expect(find('ci')).resolves.toMatchObject({
      state: 'paused',
      paused: { by: JANE, at: now.toISOString() },
    });

    await control.resume('ci');
    expect(control.isPaused('ci')).toBe(false);
    await expect(find('ci')).resolves.toMatchObject({ state: 'active' });
  });

  it.each([
    ['nobody', 'NotFoundError'],
    ['broken', 'ConflictError'],
    ['argo', 'ConflictError'],
  ])('refuses to pause and to resume %p', async (name, error) => {
    const statements = jest.fn();
    tables.knex.on('query', statements);
    await expect(control.pause(name, 'me')).rejects.toMatchObject({
      name: error,
    });
    await expect(control.resume(name)).rejects.toMatchObject({ name: error });
    expect(statements).not.toHaveBeenCalled();
  });

  it('learns what another process decided, and logs each change once', async () => {
    const other = create();
    await other.pause('ci', JANE);
    jest.resetAllMocks();
    expect(control.isPaused('ci')).toBe(false);
    await control.refresh();
    await control.refresh();

    expect(control.isPaused('ci')).toBe(true);
    expect(logger.warn.mock.calls).toEqual([
      [expect.stringContaining(`"ci" was paused by "${JANE}"`)],
    ]);

    await deletePause({ knex: tables.knex, sender: 'ci' });
    await control.refresh();
    await control.refresh();

    expect(control.isPaused('ci')).toBe(false);
    expect(logger.info.mock.calls).toEqual([
      ['Webhook sender "ci" was resumed'],
    ]);
  });

  it('does not take back a pause where the table was read before and the answer came after', async () => {
    let answer = () => {};
    const answered = new Promise<void>(resolve => {
      answer = resolve;
    });
    const late = (async () => {
      const rows = await tables.knex('custom_data_senders');
      await answered;
      return rows;
    })();
    const tardy = jest.fn((table: string): unknown => tables.knex(table));
    control = create(tardy as unknown as Knex);
    tardy.mockReturnValueOnce(late);
    const poll = control.refresh();
    await control.pause('ci', JANE);
    answer();
    await poll;
    expect(control.isPaused('ci')).toBe(true);
    expect(logger.info).not.toHaveBeenCalled();
  });

  it('keeps what it knew, and fails, where the table cannot be read', async () => {
    tables.spoil();
    await control.pause('ci', JANE);
    await tables.knex.schema.dropTable('custom_data_senders');

    await expect(control.refresh()).rejects.toMatchObject({
      message: expect.stringContaining('custom_data_senders'),
    });
    expect(control.isPaused('ci')).toBe(true);
  });
});
