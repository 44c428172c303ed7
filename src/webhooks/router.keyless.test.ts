import crypto, { generateKeyPairSync, hash } from 'node:crypto';
import { aSender } from '../config/__testUtils__/aSender';
import type { SenderSettings } from '../config/sender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { Issuer } from './__testUtils__/Issuer';
import {
  bodyText,
  payload,
  sign,
  until,
  WebhookServer,
} from './__testUtils__/WebhookServer';

const FINGERPRINT = 'ab'.repeat(32);
const SECRET = '0123456789abcdef0123456789abcdef';

describeSqlite('createWebhookRouter, without a shared secret,', tables => {
  let server: WebhookServer;
  let issuer: Issuer;
  let url: string;

  const ofToken = (changes = {}) => ({
    issuer: issuer.url,
    audience: 'https://backstage.example.com',
    algorithms: ['RS256'],
    claims: { repository: ['acme/{service}'] },
    header: 'authorization',
    ...changes,
  });
  const verifiedBy = (
    name: string,
    verify: Partial<SenderSettings['verify']>,
    changes: Partial<SenderSettings> = {},
  ) =>
    aSender({
      name,
      secrets: [],
      verify: { all: ['hmac'], tokenHeader: 'authorization', ...verify },
      ...changes,
    });

  beforeAll(async () => {
    issuer = await Issuer.start();
  });

  afterAll(async () => {
    await issuer.stop();
  });

  const { publicKey, privateKey } = generateKeyPairSync('ed25519');

  beforeEach(async () => {
    server = new WebhookServer(tables);
    url = await server.start([
      aSender(),
      verifiedBy('tokens', { all: ['jwt'], jwt: ofToken() }),
      verifiedBy('digests', {
        all: ['jwt'],
        jwt: ofToken({ digestClaim: 'aud' }),
      }),
      verifiedBy(
        'both',
        { all: ['hmac', 'jwt'], jwt: ofToken() },
        {
          secrets: aSender().secrets,
        },
      ),
      verifiedBy('away', {
        all: ['jwt'],
        jwt: ofToken({ issuer: 'http://127.0.0.1:9' }),
      }),
      verifiedBy(
        'proxied',
        {
          all: ['clientCertificate'],
          clientCertificate: {
            header: 'x-client-cert',
            fingerprints: [FINGERPRINT],
          },
        },
        { trustProxy: ['127.0.0.1/32'] },
      ),
      verifiedBy(
        'elsewhere',
        {
          all: ['clientCertificate'],
          clientCertificate: {
            header: 'x-client-cert',
            fingerprints: [FINGERPRINT],
          },
        },
        { trustProxy: ['192.0.2.0/24'] },
      ),
      verifiedBy(
        'password',
        { all: ['basic'] },
        { secrets: aSender().secrets, allowFrom: ['127.0.0.1/32'] },
      ),
      verifiedBy(
        'header',
        { all: ['token'], tokenHeader: 'x-token' },
        { secrets: aSender().secrets, allowFrom: ['127.0.0.1/32'] },
      ),
      verifiedBy(
        'keys',
        {
          all: ['ed25519'],
          ed25519: { keys: [{ id: 'key-of-2026', publicKey }] },
        },
        { signature: 'standard-webhooks' },
      ),
    ]);
  });

  afterEach(async () => {
    await server.stop();
  });

  const send = (
    sender: string,
    headers: Record<string, string> = {},
    body = bodyText,
  ) => fetch(`${url}/${sender}`, { method: 'POST', body, headers });

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  const codes = () =>
    server.tracker.rejected.mock.calls.map(([{ code }]) => code);

  const other = JSON.stringify({ ...payload, version: 'v2' });

  describe('tokens', () => {
    it('stores what comes with a token of the issuer', async () => {
      const response = await send('tokens', bearer(await issuer.token()));
      expect(response.status).toBe(202);
      expect(await server.stored()).toEqual([
        expect.objectContaining({
          sender: 'tokens',
          secret_id: 'jwt',
          event: expect.objectContaining({ service: 'payments' }),
        }),
      ]);
      expect(server.logged()).not.toContain('eyJ');
    });

    it('takes the same token and bytes for a repeat', async () => {
      const headers = bearer(await issuer.token());
      const { id }: any = await (await send('tokens', headers)).json();
      const again = await send('tokens', headers);
      expect(again.status).toBe(200);
      expect(await again.json()).toEqual({ id });
    });

    it('takes a token for the first body and id that it came with', async () => {
      const headers = bearer(await issuer.token());
      expect((await send('tokens', headers)).status).toBe(202);
      expect((await send('tokens', headers, other)).status).toBe(401);
      const renamed = { ...headers, 'x-catalog-delivery': 'run-2' };
      expect((await send('tokens', renamed)).status).toBe(401);
      // Only the base64 of the signature differs.
      const token = headers.authorization;
      const last = token.at(-1) === 'A' ? 'B' : 'A';
      const respelt = { authorization: token.slice(0, -1) + last };
      expect((await send('tokens', respelt, other)).status).toBe(401);
      expect(await server.stored()).toHaveLength(1);
      expect(codes().slice(0, 2)).toEqual(['token-reused', 'token-reused']);
    });

    it('lets one of two bodies in that come with a token at once', async () => {
      const headers = bearer(await issuer.token());
      const responses = await Promise.all([
        send('tokens', headers),
        send('tokens', headers, other),
      ]);
      const statuses = responses.map(({ status }) => status).sort();
      expect(statuses).toEqual([202, 401]);
    });

    it('acknowledges nothing while what a token is for cannot be written', async () => {
      tables.spoil();
      await server.knex.schema.dropTable('custom_data_webhook_tokens');
      const headers = bearer(await issuer.token());
      expect((await send('tokens', headers)).status).toBe(503);
      expect(await server.stored()).toEqual([]);
    });

    it('needs no table for a token that says which body it is for', async () => {
      const digest = hash('sha256', bodyText);
      const aud = `https://backstage.example.com#sha256=${digest}`;
      const headers = bearer(await issuer.token({ aud }));
      expect((await send('digests', headers)).status).toBe(202);
      expect((await send('digests', headers)).status).toBe(200);
      expect((await send('digests', headers, other)).status).toBe(401);
      expect(await server.knex('custom_data_webhook_tokens')).toEqual([]);
    });

    it('refuses a service that is of another repository', async () => {
      const ledger = JSON.stringify({ ...payload, service: 'ledger' });
      const headers = bearer(await issuer.token());
      const response = await send('tokens', headers, ledger);
      expect(response.status).toBe(403);
      expect(((await response.json()) as any).error.message).toBe(
        'Sender "tokens" may not touch service "ledger" in "production" with a token whose claim "repository" is of another',
      );
      expect(server.tracker.refused.mock.calls).toEqual([
        [{ sender: 'tokens', code: 'token-not-allowed' }],
      ]);
    });

    it('parses nothing that is not verified', async () => {
      const parse = jest.spyOn(JSON, 'parse');
      const broken = '{"event": nothing that is JSON';
      const [head, , tail] = (await issuer.token()).split('.');
      const forged = `${head}.${Buffer.from(broken).toString(
        'base64url',
      )}.${tail}`;
      expect((await send('tokens', bearer(forged), broken)).status).toBe(401);
      const parsed = parse.mock.calls.map(([text]) => text);
      parse.mockRestore();
      expect(parsed).not.toContain(broken);
    });

    it('has every way of several pass', async () => {
      const token = bearer(await issuer.token());
      const signature = {
        'x-catalog-signature': sign(bodyText, Buffer.from(SECRET)),
      };
      expect((await send('both', token)).status).toBe(401);
      expect((await send('both', signature)).status).toBe(401);
      expect((await send('both', { ...token, ...signature })).status).toBe(202);
      expect(codes()).toEqual(['signature-missing', 'token-missing']);
    });

    it('asks no issuer where another way has failed already', async () => {
      const before = issuer.asked.length;
      await send('both', bearer('a.b.c'));
      expect(issuer.asked).toHaveLength(before);
    });

    it('says in the log why the keys of an issuer are missing', async () => {
      const token = await issuer.token({ iss: 'http://127.0.0.1:9' });
      expect((await send('away', bearer(token))).status).toBe(401);
      await until(() => codes().length > 0);
      expect(codes()).toEqual(['issuer-away']);
      expect(server.logger.error.mock.calls[0][0]).toContain(
        'The keys of the issuer "http://127.0.0.1:9" could not be read: ',
      );
    });

    it('names the claim that is wrong, and nothing of the token', async () => {
      const token = await issuer.token({ repository: 'evil/payments' });
      expect((await send('tokens', bearer(token))).status).toBe(401);
      await until(() => server.logger.warn.mock.calls.length > 0);
      expect(server.logger.warn.mock.calls[0][0]).toContain(
        'token-claim-wrong (a claim of its token is not as it has to be: "repository")',
      );
      expect(server.logged()).not.toContain('evil');
    });
  });

  describe('client certificates', () => {
    it('takes one that a proxy passes on', async () => {
      const headers = { 'x-client-cert': FINGERPRINT };
      expect((await send('proxied', headers)).status).toBe(202);
    });

    it('takes none that a client sends', async () => {
      const headers = {
        'x-client-cert': FINGERPRINT,
        'x-forwarded-for': '192.0.2.1',
      };
      expect((await send('elsewhere', headers)).status).toBe(401);
      await until(() => codes().length > 0);
      expect(codes()).toEqual(['certificate-untrusted']);
    });

    it.each([
      ['certificate-missing', {}],
      ['certificate-unknown', { 'x-client-cert': 'cd'.repeat(32) }],
      ['certificate-malformed', { 'x-client-cert': `${FINGERPRINT}, x` }],
    ])('is %s with %j', async (code, headers) => {
      expect((await send('proxied', headers as {})).status).toBe(401);
      await until(() => codes().length > 0);
      expect(codes()).toEqual([code]);
    });
  });

  it('takes a password, or a token in a header', async () => {
    const authorization = `Basic ${Buffer.from(`any:${SECRET}`).toString(
      'base64',
    )}`;
    expect((await send('password', { authorization })).status).toBe(202);
    expect((await send('header', { 'x-token': SECRET })).status).toBe(202);
    expect((await send('header', { authorization })).status).toBe(401);
    expect(await server.stored()).toEqual([
      expect.objectContaining({ sender: 'password', secret_id: 'one' }),
      expect.objectContaining({ sender: 'header', secret_id: 'one' }),
    ]);
    expect(server.logged()).not.toContain(SECRET);
  });

  describe('public keys', () => {
    const signed = (
      { id = 'msg-1', ahead = 0, key = privateKey } = {},
      body = bodyText,
    ) => {
      const timestamp = `${server.now.getTime() / 1000 + ahead}`;
      const text = Buffer.from(`${id}.${timestamp}.${body}`);
      const signature = crypto.sign(null, text, key).toString('base64');
      return {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${'A'.repeat(43)}= v1a,${signature}`,
      };
    };

    it('takes what the private key signed, and knows it again by its id', async () => {
      expect((await send('keys', signed())).status).toBe(202);
      expect((await send('keys', signed())).status).toBe(200);
      expect(await server.stored()).toEqual([
        expect.objectContaining({
          secret_id: 'key-of-2026',
          external_id: 'msg-1',
        }),
      ]);
    });

    const stranger = generateKeyPairSync('ed25519').privateKey;

    it.each<[string, () => Record<string, string>]>([
      ['signature-wrong', () => signed({ key: stranger })],
      ['signature-wrong', () => signed({}, other)],
      ['signature-wrong', () => ({ ...signed(), 'webhook-id': 'msg-2' })],
      ['clock-behind', () => signed({ ahead: -301 })],
      ['clock-ahead', () => signed({ ahead: 301 })],
      [
        'signature-malformed',
        () => ({ ...signed(), 'webhook-signature': 'v1a,AAAA' }),
      ],
      ['signature-missing', () => ({})],
    ])('is %s: %#', async (code, headers) => {
      expect((await send('keys', headers())).status).toBe(401);
      await until(() => codes().length > 0);
      expect(codes()).toEqual([code]);
    });
  });

  it('gives one answer, at one number of HMACs, whatever is wrong', async () => {
    const expected = await (await send('made-up')).text();
    const attempts: Array<[string, Record<string, string>]> = [
      ['made-up', {}],
      ['ci', { 'x-catalog-signature': '0'.repeat(64) }],
      ['tokens', {}],
      ['tokens', bearer(await issuer.token({ aud: 'other' }))],
      ['tokens', bearer(await issuer.token({}, { kid: 'made-up' }))],
      ['digests', bearer(await issuer.token())],
      ['both', bearer(await issuer.token())],
      ['away', bearer(await issuer.token())],
      ['elsewhere', { 'x-client-cert': FINGERPRINT }],
      ['password', { authorization: 'Basic eA==' }],
      ['header', { 'x-token': 'x' }],
      ['keys', {}],
    ];
    for (const [sender, headers] of attempts) {
      const create = jest.spyOn(crypto, 'createHmac');
      const response = await send(sender, headers);
      const before = create.mock.calls.length;
      create.mockRestore();
      expect([sender, response.status, await response.text()]).toEqual([
        sender,
        401,
        expected,
      ]);
      // One for the only secret, and after the answer those of the look-up for a mistake.
      expect([1, 14]).toContain(before);
    }
  });
});
