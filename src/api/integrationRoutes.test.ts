import { generateKeyPairSync } from 'node:crypto';
import { aSender } from '../config/__testUtils__/aSender';
import { recordCredentials } from '../database/credentialDates';
import { describeTables } from '../database/__testUtils__/describeTables';
import { settingsOf } from '../ingestion/__testUtils__/fakes';
import type { SenderSettings } from '../config/sender';
import type { SourceSettings } from '../config/source';
import { type ServedApi, serveApi } from './__testUtils__/serveApi';

const NOW = new Date('2026-11-30T12:00:00.000Z');
const VERIFY = { tokenHeader: 'authorization' };
const SECRET = 'a-secret-value-that-nobody-may-see';

describeTables('GET /integrations, %p', tables => {
  let api: ServedApi;

  afterEach(async () => {
    await api.stop();
  });

  async function serve(
    overrides: Partial<SourceSettings> = {},
    senders = [aSender({ name: 'ci', owner: 'group:default/platform' })],
  ) {
    const settings = settingsOf({
      headers: { Authorization: SECRET, Accept: 'application/json' },
      ...overrides,
    });
    api = await serveApi({
      knex: tables.knex,
      now: () => NOW,
      syncs: new Map([['registry', { settings } as any]]),
      misconfigured: new Map([['broken', 'catalog…broken.url: is missing']]),
      senders,
    });
  }
  const read = async (): Promise<any[]> =>
    (await api.call('GET /integrations')).body.items;
  const find = async (name: string) =>
    (await read()).find(each => each.name === name);

  it('lists sources, senders and processors with whose they are and what they may write', async () => {
    await serve({ owner: 'group:default/data', purpose: 'Who owns what' });

    expect(await read()).toMatchObject([
      {
        type: 'processor',
        name: 'custom-data-deployments',
        counts: { senders: 1 },
      },
      { type: 'sender', name: 'ci', owner: 'group:default/platform' },
      {
        type: 'source',
        name: 'broken',
        state: 'misconfigured',
        findings: [{ code: 'misconfigured', severity: 'error' }],
      },
      {
        type: 'source',
        name: 'registry',
        owner: 'group:default/data',
        purpose: 'Who owns what',
        kinds: ['Component'],
        namespaces: ['default'],
        counts: { entities: 0, failures: 0 },
        findings: [],
      },
    ]);
  });

  it.each([
    [89, false, ['no-owner']],
    [90, true, ['credential-due', 'no-owner']],
  ])(
    'tells of a credential that is %p days old',
    async (ageDays, isDue, codes) => {
      await recordCredentials({
        knex: tables.knex,
        credentials: [
          { type: 'source', name: 'registry', id: 'headers.Authorization' },
        ],
        now: new Date(NOW.getTime() - ageDays * 86_400_000),
      });
      await serve();
      const { credentials, findings } = await find('registry');

      expect(credentials).toMatchObject([
        { id: 'headers.Authorization', ageDays, isDue },
      ]);
      expect(findings.map(({ code }: any) => code)).toEqual(codes);
    },
  );

  it('counts the age of a credential anew when its id changes', async () => {
    await serve({
      credential: { id: '2026-q4', rotateBy: new Date('2027-01-31') },
    });

    expect((await find('registry')).credentials).toMatchObject([
      { id: '2026-q4', ageDays: 0, dueAt: '2027-01-31T00:00:00.000Z' },
    ]);
  });

  it('tells of a sender that was never used', async () => {
    await serve();

    expect((await find('ci')).findings).toMatchObject([
      { code: 'never-used', severity: 'info' },
    ]);
    await tables.knex('custom_data_sender_secrets').insert({
      sender: 'ci',
      secret_id: aSender().secrets[0].id,
      last_used_at: NOW.toISOString(),
    });
    expect(await find('ci')).toMatchObject({
      lastSuccessAt: NOW.toISOString(),
      findings: [],
    });
  });

  it('tells how old public keys are, and when a sender without any secret was last used', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const secrets: SenderSettings['secrets'] = [];
    const rotateBy = new Date('2026-11-29');
    await recordCredentials({
      knex: tables.knex,
      credentials: [{ type: 'sender', name: 'signs', id: '2026' }],
      now: new Date('2026-11-20T12:00:00.000Z'),
    });
    await tables.knex('custom_data_sender_secrets').insert(
      [
        ['signs', '2026'],
        ['keyless', 'jwt'],
      ].map(([sender, secret_id]) => ({
        sender,
        secret_id,
        last_used_at: NOW.toISOString(),
      })),
    );
    await serve({}, [
      aSender({
        name: 'keyless',
        secrets,
        verify: { ...VERIFY, all: ['jwt'] },
      }),
      aSender({
        name: 'signs',
        secrets,
        verify: {
          ...VERIFY,
          all: ['ed25519'],
          ed25519: { keys: [{ id: '2026', publicKey, rotateBy }] },
        },
      }),
    ]);

    expect(await find('signs')).toMatchObject({
      credentials: [
        { id: '2026', ageDays: 10, isDue: true, dueAt: rotateBy.toISOString() },
      ],
      lastSuccessAt: NOW.toISOString(),
      findings: [{ code: 'no-owner' }, { code: 'credential-due' }],
    });
    const keyless = await find('keyless');
    expect(keyless.lastSuccessAt).toBe(NOW.toISOString());
    expect(keyless.findings).toMatchObject([{ code: 'no-owner' }]);
  });

  it('gives all as Markdown, and no value of a credential in either form', async () => {
    await serve({ purpose: 'One | two' });
    const json = JSON.stringify(await read());
    const response = await fetch(
      `${api.origin}/api/catalog/custom-data/integrations`,
      {
        headers: {
          accept: 'text/markdown',
          authorization: 'Bearer mock-user-token',
        },
      },
    );
    const markdown = await response.text();

    expect(response.headers.get('content-type')).toContain('text/markdown');
    expect(markdown).toContain('| source registry | none | One \\| two |');
    expect(markdown).toContain('| source registry | headers.Authorization |');
    expect(json + markdown).not.toContain(SECRET);
  });
});
