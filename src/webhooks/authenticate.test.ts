import fc from 'fast-check';
import crypto from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { aSender } from '../config/__testUtils__/aSender';
import type { SenderSettings } from '../config/sender';
import { type Authentication, createAuthenticator } from './authenticate';
import { createCallerFinder } from './callers';
import { headersOf } from './dialects/__testUtils__/headersOf';
import { signBody } from './verify/verifySignature';

const START = 1_614_265_330;
const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
const standard = aSender({
  name: 'standard',
  dialect: 'standard-webhooks',
  requireTimestamp: true,
  secrets: [{ id: 'one', key }],
});
const catalog = aSender({ name: 'ci', secrets: [{ id: 'one', key }] });

const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const body = Buffer.from('{"test": 2432232314}');
const KNOWN = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

type Headers = NodeJS.Dict<string[]>;

function setUp(senders: SenderSettings[], nowS = START) {
  const now = () => new Date(nowS * 1000);
  const findCaller = createCallerFinder({ senders, now });
  const authenticate = createAuthenticator({ senders, now });
  return (options: {
    headers: Headers;
    body?: Buffer;
    sender?: string;
    address?: string;
  }) => {
    const { address = '127.0.0.1', sender = senders[0].name } = options;
    const req = { headers: {}, socket: { remoteAddress: address } };
    return authenticate({
      body: options.body ?? body,
      headers: headersOf(options.headers),
      caller: findCaller(req as IncomingMessage, sender),
    });
  };
}

async function codeOf(
  authentication: Authentication | Promise<Authentication>,
) {
  const result = await authentication;
  return result.type === 'rejected' ? result.rejection.code : result.type;
}

const webhook = (changes: Headers = {}): Headers => ({
  'webhook-id': [id],
  'webhook-timestamp': [String(START)],
  'webhook-signature': [KNOWN],
  ...changes,
});

const mac = (text: string | Buffer, by: Uint8Array = key) =>
  signBody({ key: by, body: Buffer.from(text) });

const timed = (changes: Headers = {}, signed?: string): Headers => ({
  'x-catalog-timestamp': [String(START)],
  'x-catalog-delivery': ['run-1'],
  'x-catalog-signature': [
    mac(signed ?? `v1:${START}.run-1.${body}`).toString('hex'),
  ],
  ...changes,
});

const bare = (changes: Headers = {}): Headers => ({
  'x-catalog-signature': [mac(body).toString('hex')],
  ...changes,
});

describe('createAuthenticator', () => {
  describe('with Standard Webhooks', () => {
    const verify = setUp([standard]);

    it('verifies the known vector', async () => {
      expect(await verify({ headers: webhook() })).toEqual({
        type: 'authenticated',
        sender: standard,
        secretId: 'one',
        dialect: expect.anything(),
      });
    });

    it.each([
      ['id-missing', { 'webhook-id': undefined }],
      ['timestamp-missing', { 'webhook-timestamp': undefined }],
      ['timestamp-malformed', { 'webhook-timestamp': ['hello'] }],
      ['signature-missing', { 'webhook-signature': undefined }],
      ['signature-malformed', { 'webhook-signature': ['v1,dGVzdA=='] }],
      ['signature-malformed', { 'webhook-signature': [KNOWN.slice(3)] }],
      [
        'signature-malformed',
        { 'webhook-signature': [KNOWN.replace('v1', 'v2')] },
      ],
      ['signature-wrong', { 'webhook-id': ['msg_other'] }],
      ['signature-wrong', { 'webhook-timestamp': [String(START + 1)] }],
    ])('rejects with %s: %j', async (code, changes) => {
      expect(await codeOf(verify({ headers: webhook(changes) }))).toBe(code);
    });

    it('rejects half of what was signed', async () => {
      const half = `v1,${mac(body).toString('base64')}`;
      expect(
        await codeOf(
          verify({ headers: webhook({ 'webhook-signature': [half] }) }),
        ),
      ).toBe('signature-wrong');
    });

    it('takes one of several signatures', async () => {
      const others = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';
      const list = `${others} v1a,${KNOWN.slice(3)} ${KNOWN} ${others}`;
      const headers = webhook({ 'webhook-signature': [list] });
      expect(await codeOf(verify({ headers }))).toBe('authenticated');
      expect(
        await codeOf(
          verify({ headers: webhook({ 'webhook-signature': [others] }) }),
        ),
      ).toBe('signature-wrong');
    });

    it.each([
      [300, 'authenticated', undefined],
      [301, 'clock-behind', 301],
      [-300, 'authenticated', undefined],
      [-301, 'clock-ahead', 301],
    ])(
      'takes a time near ours: ours is %i s ahead',
      async (ahead, code, seconds) => {
        const result = await setUp(
          [standard],
          START + ahead,
        )({ headers: webhook() });
        expect(await codeOf(result)).toBe(code);
        expect((result as any).rejection?.seconds).toBe(seconds);
      },
    );

    it('takes the time window of the sender', async () => {
      const wide = { ...standard, timeWindowMs: 3_600_000 };
      const verifyLate = setUp([wide], START + 3_600);
      expect(await codeOf(verifyLate({ headers: webhook() }))).toBe(
        'authenticated',
      );
    });
  });

  describe('with the default dialect', () => {
    const verify = setUp([catalog]);

    it('verifies the body, or the time and the id along with it', async () => {
      expect(await codeOf(verify({ headers: bare() }))).toBe('authenticated');
      expect(await codeOf(verify({ headers: timed() }))).toBe('authenticated');
    });

    it('does not verify a time that is not signed along', async () => {
      const result = await verify({ headers: timed({}, String(body)) });
      expect(await codeOf(result)).toBe('signature-wrong');
      expect((result as any).rejection.findMistake()).toBe(
        'timestamp-not-signed',
      );
    });

    it('does not verify what was signed with a time without it', async () => {
      const headers = timed({ 'x-catalog-timestamp': undefined });
      expect(await codeOf(verify({ headers }))).toBe('signature-wrong');
      const nothing = timed({ 'x-catalog-timestamp': [''] });
      expect(await codeOf(verify({ headers: nothing }))).toBe(
        'timestamp-malformed',
      );
    });

    it('can require the time', async () => {
      const strict = setUp([{ ...catalog, requireTimestamp: true }]);
      expect(await codeOf(strict({ headers: bare() }))).toBe(
        'timestamp-missing',
      );
      expect(await codeOf(strict({ headers: timed() }))).toBe('authenticated');
    });

    it('never looks at headers of another dialect', async () => {
      expect(await codeOf(verify({ headers: webhook() }))).toBe(
        'signature-missing',
      );
      expect(await codeOf(setUp([standard])({ headers: timed() }))).toBe(
        'signature-missing',
      );
    });
  });

  it('takes what was signed with any secret in its time, and says which', async () => {
    const at = (seconds: number) => new Date((START + seconds) * 1000);
    const [old, present, next] = [1, 2, 3].map(n => Buffer.alloc(32, n));
    const verify = setUp([
      {
        ...catalog,
        secrets: [
          { id: 'old', key: old, notAfter: at(0) },
          { id: 'present', key: present, rotateBy: at(-1) },
          { id: 'next', key: next, notBefore: at(1) },
        ],
      },
    ]);
    const signedBy = (by: Buffer) => ({
      'x-catalog-signature': [mac(body, by).toString('hex')],
    });
    expect(await verify({ headers: signedBy(present) })).toMatchObject({
      secretId: 'present',
    });
    expect(await codeOf(verify({ headers: signedBy(old) }))).toBe(
      'secret-expired',
    );
    expect(await codeOf(verify({ headers: signedBy(next) }))).toBe(
      'secret-not-yet-valid',
    );
  });

  describe('of one cost', () => {
    const twice = {
      ...standard,
      secrets: [...standard.secrets, { id: 'two', key: Buffer.alloc(32, 2) }],
    };
    const fenced = {
      ...catalog,
      name: 'fenced',
      allowFrom: ['10.0.0.0/8'],
    };
    const verify = setUp([catalog, twice, fenced]);
    const upper = mac(body).toString('hex').toUpperCase();

    it.each<[string, string, Headers]>([
      ['authenticated', 'ci', bare()],
      ['authenticated', 'ci', timed()],
      ['authenticated', 'standard', webhook()],
      ['sender-unknown', 'cj', bare()],
      ['sender-unknown', '__proto__', {}],
      ['network-not-allowed', 'fenced', bare()],
      ['signature-missing', 'ci', {}],
      ['signature-upper-case', 'ci', { 'x-catalog-signature': [upper] }],
      ['signature-repeated', 'ci', { 'x-catalog-signature': ['a', 'b'] }],
      ['signature-wrong', 'standard', webhook({ 'webhook-id': ['x'] })],
      ['signature-missing', 'standard', {}],
      ['timestamp-malformed', 'ci', timed({ 'x-catalog-timestamp': ['x'] })],
    ])(
      'computes two HMACs over the body: %s of %s',
      async (code, sender, headers) => {
        const update = jest.spyOn(crypto.Hmac.prototype, 'update');
        const create = jest.spyOn(crypto, 'createHmac');
        const result = await verify({ sender, headers });
        const hmacs = create.mock.calls.length;
        const bodies = update.mock.calls.filter(
          ([bytes]: unknown[]) => bytes === body,
        );
        update.mockRestore();
        create.mockRestore();

        expect(await codeOf(result)).toBe(code);
        expect(hmacs).toBe(2);
        expect(bodies).toHaveLength(2);
      },
    );

    it('knows a sender by the network that it may send from', async () => {
      const from = (address: string) =>
        codeOf(verify({ sender: 'fenced', headers: bare(), address }));
      expect(await from('10.1.2.3')).toBe('authenticated');
      expect(await from('::ffff:10.1.2.3')).toBe('authenticated');
      expect(await from('11.1.2.3')).toBe('network-not-allowed');
    });
  });

  describe('whatever is sent', () => {
    const flip = (bytes: Buffer, bit: number) => {
      const flipped = Buffer.from(bytes);
      flipped[Math.floor(bit / 8) % bytes.length] ^= 1 << bit % 8;
      return flipped;
    };
    const flipText = (text: string, bit: number) =>
      flip(Buffer.from(text, 'latin1'), bit).toString('latin1');
    const change = (headers: Headers, name: string, bit: number): Headers => ({
      ...headers,
      [name]: [flipText(headers[name]![0], bit)],
    });
    const idText = fc.stringMatching(/^[!-\-\/-~]{1,40}$/);
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });

    it.each([
      {
        sender: standard,
        names: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
        sign: (sent: Buffer, text: string) => ({
          'webhook-id': [text],
          'webhook-timestamp': [String(START)],
          'webhook-signature': [
            `v1,${mac(
              Buffer.concat([Buffer.from(`${text}.${START}.`), sent]),
            ).toString('base64')}`,
          ],
        }),
      },
      {
        sender: { ...catalog, requireTimestamp: true },
        names: [
          'x-catalog-delivery',
          'x-catalog-timestamp',
          'x-catalog-signature',
        ],
        sign: (sent: Buffer, text: string) => ({
          'x-catalog-delivery': [text],
          'x-catalog-timestamp': [String(START)],
          'x-catalog-signature': [
            mac(
              Buffer.concat([Buffer.from(`v1:${START}.${text}.`), sent]),
            ).toString('hex'),
          ],
        }),
      },
    ])(
      'no bit can change: $sender.dialect',
      async ({ sender, names, sign }) => {
        const verify = setUp([sender]);
        await fc.assert(
          fc.asyncProperty(
            bytes,
            idText,
            fc.nat(),
            async (given, text, bit) => {
              const sent = Buffer.from(given);
              const headers: Headers = sign(sent, text);
              expect(await codeOf(verify({ headers, body: sent }))).toBe(
                'authenticated',
              );
              expect(
                (await verify({ headers, body: flip(sent, bit) })).type,
              ).toBe('rejected');
              for (const name of names) {
                const changed = change(headers, name, bit);
                expect(
                  (await verify({ headers: changed, body: sent })).type,
                ).toBe('rejected');
              }
            },
          ),
        );
      },
    );

    it('every bit of a signature counts', async () => {
      const verify = setUp([catalog]);
      const signature = mac(body);
      for (let bit = 0; bit < 256; bit++) {
        const changed = flip(signature, bit).toString('hex');
        expect(
          await codeOf(
            verify({ headers: bare({ 'x-catalog-signature': [changed] }) }),
          ),
        ).toBe('signature-wrong');
      }
    });

    it('nothing but bytes of a secret signs', async () => {
      const verify = setUp([catalog]);
      const guess = fc.uint8Array({ minLength: 1, maxLength: 64 });
      await fc.assert(
        fc.asyncProperty(guess, bytes, async (by, sent) => {
          fc.pre(!key.equals(by));
          const signature = mac(Buffer.from(sent), by).toString('hex');
          const headers = bare({ 'x-catalog-signature': [signature] });
          expect(
            (await verify({ headers, body: Buffer.from(sent) })).type,
          ).toBe('rejected');
        }),
      );
    });
  });
});
