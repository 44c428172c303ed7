import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WEBHOOK_KEY, WEBHOOK_SECRET } from '../../__testUtils__/signWebhook';
import { runCli } from '../__testUtils__/runCli';

const BODY = '{"service":"a/b","event":"deployment.success","ü":1}';
const VALUE = JSON.parse(BODY);
const SORTED = { event: VALUE.event, service: VALUE.service, ü: 1 };
const TIME = '1796040000';
const AT = '2026-11-30T12:00:00Z';

const SECRETS = {
  catalog: WEBHOOK_SECRET,
  'standard-webhooks': WEBHOOK_KEY,
};

type Dialect = keyof typeof SECRETS;

/** What was signed, and with what, where it is not as it should be. */
interface Signed {
  body?: string;
  key?: string | Buffer;
  prefix?: string;
  /** What was sent in place of the body. */
  sent?: string;
}

function headersOf(dialect: Dialect, signed: Signed): string[] {
  const standard = dialect === 'standard-webhooks';
  const key = standard
    ? Buffer.from(WEBHOOK_KEY.replace('whsec_', ''), 'base64')
    : WEBHOOK_SECRET;
  const prefix = standard ? `id-1.${TIME}.` : `v1:${TIME}.id-1.`;
  const hmac = createHmac('sha256', signed.key ?? key).update(
    (signed.prefix ?? prefix) + (signed.body ?? BODY),
  );
  return standard
    ? [
        'webhook-id: id-1',
        `webhook-timestamp: ${TIME}`,
        `webhook-signature: v1,${hmac.digest('base64')}`,
      ]
    : [
        `x-catalog-timestamp: ${TIME}`,
        'X-Catalog-Delivery: id-1',
        `X-Catalog-Signature: ${hmac.digest('hex')}`,
      ];
}

describe('sign and verify', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'custom-data-verify-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const call = (dialect: Dialect, argv: string[], stdin: string = BODY) =>
    runCli(argv, {
      env: { CATALOG_WEBHOOK_SECRET: SECRETS[dialect] },
      cwd: folder,
      stdin,
    });
  const verify = (dialect: Dialect, signed: Signed) =>
    call(
      dialect,
      ['verify', '--at', AT, '--header', ...headersOf(dialect, signed)],
      signed.sent,
    );

  describe.each<[Dialect]>([['catalog'], ['standard-webhooks']])(
    'in dialect %s',
    dialect => {
      it('agree, and name the dialect that the headers are of', async () => {
        const signed = await call(dialect, ['sign', '--dialect', dialect]);
        expect(signed).toMatchObject({ status: 0, stderr: '' });
        await writeFile(
          join(folder, 'headers'),
          `> POST /hook HTTP/1.1\r\n${signed.stdout.replace(/\n/g, '\r\n')}`,
        );
        expect(await call(dialect, ['verify', '--headers', 'headers'])).toEqual(
          {
            status: 0,
            stdout: `The signature matches (dialect ${dialect}).\n`,
            stderr: '',
          },
        );
      });

      it('read a body to the byte, from a file too', async () => {
        const body = `\ufeff${BODY}\r\n`;
        await writeFile(join(folder, 'body'), body);
        const { stdout } = await call(dialect, [
          ...['sign', 'body', '--dialect', dialect, '--id', 'id-1'],
        ]);
        const [, time] = /timestamp: (\d+)/i.exec(stdout)!;
        const prefix =
          dialect === 'catalog' ? `v1:${time}.id-1.` : `id-1.${time}.`;
        const [, , expected] = headersOf(dialect, { prefix, body });
        expect(stdout).toContain(expected.split(/: (?:v1,)?/)[1]);
      });

      it.each<[string, Signed]>([
        ['signature-wrong', { key: 'another secret' }],
        ['signature-wrong', { body: 'another body' }],
        ['trailing-newline-signed', { body: `${BODY}\n` }],
        ['trailing-newline-not-signed', { sent: `${BODY}\n` }],
        ['line-breaks-changed', { body: 'a\nb', sent: 'a\r\nb' }],
        ['byte-order-mark-changed', { sent: `\ufeff${BODY}` }],
        ['literal-placeholder-signed', { body: '${PAYLOAD}' }],
        ['timestamp-not-signed', { prefix: '' }],
        ['newline-in-secret', { key: `${SECRETS[dialect]}\n` }],
        ['prefix-wrong', { prefix: `${TIME}.id-1.` }],
        ['prefix-wrong', { prefix: `v1:${TIME}.` }],
        ['body-reserialised', { body: JSON.stringify(VALUE, null, 2) }],
        ['body-reserialised', { body: JSON.stringify(SORTED) }],
        ['body-reserialised', { body: BODY.replace('/', '\\/') }],
        [
          'body-reserialised',
          {
            body: '{"event": "deployment.success", "service": "a/b", "\\u00fc": 1}',
          },
        ],
      ])('say %s of what was signed with %j', async (code, signed) => {
        const { status, stdout, stderr } = await verify(dialect, signed);
        expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
        expect(stdout).toContain(`The signature does not match: ${code} (`);
        expect(stdout).not.toContain(SECRETS[dialect].slice(0, 12));
      });

      it.each([
        ['2026-11-30T12:10:00Z', "the sender's clock is 600 s behind"],
        ['2026-11-30T11:50:00Z', "the sender's clock is 600 s ahead"],
      ])('say how far the clock is off at %s', async (at, text) => {
        const { status, stdout } = await call(dialect, [
          ...['verify', '--at', at, '--header', ...headersOf(dialect, {})],
        ]);
        expect(status).toBe(1);
        expect(stdout).toContain(text);
        expect(stdout).toContain('--at');
      });
    },
  );

  it.each(['cdevents', 'flux', 'github', 'json'])(
    'agree on what a sender of dialect %s sends',
    async name => {
      const env = { CATALOG_WEBHOOK_SECRET: WEBHOOK_SECRET };
      const options = { env, cwd: folder, stdin: BODY };
      const asked = ['--dialect', name];
      const signed = await runCli(['sign', ...asked], options);
      const header = signed.stdout.trim().split('\n');
      const verified = await runCli(
        ['verify', ...asked, '--header', ...header],
        options,
      );
      expect(verified.stdout).toBe(
        `The signature matches (dialect ${name}).\n`,
      );
      const other = await runCli(['verify', ...asked, '--header', ...header], {
        ...options,
        stdin: `${BODY}\n`,
      });
      expect(other.stdout).toContain('trailing-newline-not-signed');
    },
  );

  it('know a secret that was taken for text, and text that was decoded', async () => {
    const text = await verify('standard-webhooks', { key: WEBHOOK_KEY });
    expect(text.stdout).toContain(': secret-not-decoded (');
    const secret = 'ab'.repeat(16);
    const { stdout } = await runCli(
      [
        ...['verify', '--at', AT, '--header'],
        ...headersOf('catalog', { key: Buffer.from(secret, 'hex') }),
      ],
      { env: { CATALOG_WEBHOOK_SECRET: secret }, stdin: BODY },
    );
    expect(stdout).toContain(': secret-decoded (');
  });

  it('match a signature of the body alone', async () => {
    const [signature] = headersOf('catalog', { prefix: '' }).slice(-1);
    const { status } = await call('catalog', ['verify', '--header', signature]);
    expect(status).toBe(0);
  });

  it.each([
    [['verify', '--header', 'a: b'], 1, 'signature-missing'],
    [['verify'], 2, 'There are no headers'],
    [['verify', '--header', 'a: b', '--at', 'noon'], 2, '"noon", which is no'],
    [['verify', 'nothing', '--header', 'a: b'], 2, 'There is no file "'],
    [['sign', '--id', 'a.b'], 2, 'id-malformed'],
    [['sign', '--secret-file', 'none'], 2, 'There is no file "'],
    [['sign', '--dialect', 'svix'], 2, 'Allowed choices are catalog'],
  ])('answer %j with status %d and "%s"', async (argv, expected, text) => {
    const { status, stdout, stderr } = await call('catalog', argv);
    expect(status).toBe(expected);
    expect(stdout + stderr).toContain(text);
  });

  it('want a body, and do not wait for one at a terminal', async () => {
    const { status, stderr } = await runCli(['sign'], {
      env: { CATALOG_WEBHOOK_SECRET: WEBHOOK_SECRET },
    });
    expect(status).toBe(2);
    expect(stderr).toContain('There is no body');
  });
});
