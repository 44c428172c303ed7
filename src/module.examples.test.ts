import { TestDatabases } from '@backstage/backend-test-utils';
import { join } from 'node:path';
import { examplePath } from './__testUtils__/examples/readExamples';
import { missingTools, runShell } from './__testUtils__/examples/runShell';
import { ODD, SECRETS } from './__testUtils__/examples/secrets';
import { startReceivers } from './__testUtils__/examples/startReceivers';
import { watchCommands } from './__testUtils__/examples/watchCommands';

const TIME = '2026-11-22T12:00:00Z';
const DEPLOYED_AT = '2026-11-22T12:00:00.000Z';
const PROGRAMS = ['openssl', 'curl', 'od', 'sed', 'tr', 'cat', 'mktemp', 'rm'];
const NOTIFY = ['bash', examplePath('notify.sh')];
const dialects: Array<[string, 'catalog' | 'standard', object]> = [
  ['catalog', 'catalog', {}],
  ['standard-webhooks', 'standard', { DIALECT: 'standard-webhooks' }],
];

const missing = missingTools(['bash', 'openssl', 'curl']);
const describeHere = missing.length > 0 ? describe.skip : describe;
const without = missing.length > 0 ? ` (without ${missing.join(', ')})` : '';

describeHere(`examples/notify.sh${without}`, () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let receivers: Awaited<ReturnType<typeof startReceivers>>;

  beforeAll(async () => {
    receivers = await startReceivers({
      knex: await databases.init('SQLITE_3'),
      services: ['catalog-shown', 'standard-shown'],
    });
  });

  afterAll(async () => {
    await receivers?.stop();
  });

  const clientOf = (sender: 'catalog' | 'standard', dialect: object = {}) => ({
    run: (
      service: string,
      env: Record<string, string> = {},
      command = NOTIFY,
    ) =>
      runShell({
        command,
        cwd: receivers.cwd,
        env: {
          CATALOG_WEBHOOK_URL: receivers.urlOf(sender),
          CATALOG_WEBHOOK_SECRET: SECRETS[sender],
          SERVICE: `${sender}-${service}`,
          VERSION: 'v1',
          ENVIRONMENT: 'production',
          TMPDIR: receivers.temporary,
          ...dialect,
          ...env,
        },
      }),
    told: (service: string, expected: object[]) =>
      receivers.expectHistory(`${sender}-${service}`, expected),
    stored: (service: string) =>
      receivers.countDeliveries(`${sender}-${service}`),
  });

  describe.each(dialects)('in dialect %s', (_dialect, sender, dialect) => {
    const { run, told } = clientOf(sender, dialect);

    it('tells all that it is given, and the entity shows it', async () => {
      const { code, stdout, stderr } = await run('shown', {
        TIME,
        SEQUENCE: '9007199254740991',
        COMMIT: 'abc',
        COMMIT_TIME: '2026-11-22T10:00:00+01:00',
        DEPLOYMENT_URL: 'https://ci.example.com/runs/1?a=b&c="d"',
        CATALOG_REFRESH: 'true',
        DELIVERY: `run/17-${sender}`,
      });

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      await told('shown', [
        {
          deliveryId: stdout.trim(),
          sender,
          environment: 'production',
          status: 'success',
          version: 'v1',
          eventAt: DEPLOYED_AT,
          sequence: Number.MAX_SAFE_INTEGER,
          commit: 'abc',
          commitTime: '2026-11-22T09:00:00.000Z',
          url: 'https://ci.example.com/runs/1?a=b&c="d"',
        },
      ]);
      const { body } = await receivers.api(`GET /deliveries/${stdout.trim()}`);
      expect(body).toMatchObject({
        externalId: `run/17-${sender}`,
        event: { catalogRefresh: true },
      });
      await receivers.expectAnnotation(
        `${sender}-shown`,
        'custom/deployed-version.production',
        'v1',
      );
    });

    it('tells the same again as a repeat, and v1, v2, v1 as three', async () => {
      const first = await run('repeated', { TIME });
      const again = await run('repeated', { TIME });
      const later = (second: number) => `2026-11-22T12:00:0${second}Z`;
      await run('repeated', { VERSION: 'v2', TIME: later(1) });
      await run('repeated', { TIME: later(2) });

      expect(again).toEqual(first);
      expect(first.stdout).toMatch(/^[0-9a-f-]{36}\n$/);
      await told('repeated', [
        { version: 'v1', eventAt: '2026-11-22T12:00:02.000Z' },
        { version: 'v2', eventAt: '2026-11-22T12:00:01.000Z' },
        { version: 'v1', deliveryId: first.stdout.trim() },
      ]);
    });

    it('tells odd values to the letter', async () => {
      const { code, stderr } = await run('odd', { VERSION: ODD, COMMIT: ODD });

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      await told('odd', [{ version: ODD, commit: ODD }]);
    });

    it('has its secret on no command line, in no trace and in no file', async () => {
      const watched = await watchCommands(
        join(receivers.cwd, sender),
        PROGRAMS,
      );
      const [bash, script] = NOTIFY;
      const traced = [bash, '-x', script];
      const { code, stderr } = await run(
        'hidden',
        { PATH: watched.path },
        traced,
      );
      const commands = await watched.commands();

      expect(code).toBe(0);
      expect(commands).toContain('openssl dgst -sha256 -binary\n');
      expect(commands).toContain('curl --silent');
      // As soon as it can: the bytes of the key would be in what comes after.
      expect(stderr).toBe('+ set +x\n');
      for (const form of formsOf(SECRETS[sender])) {
        expect(commands).not.toContain(form);
      }
      expect(await receivers.leftovers()).toEqual([]);
    });
  });

  describe('in either dialect', () => {
    const { run, told, stored } = clientOf('catalog');

    it('takes the time of its run where it is given none, and any event', async () => {
      const { stdout } = await run('rolled-back', {
        EVENT: 'deployment.rollback',
      });

      const { body } = await receivers.api(`GET /deliveries/${stdout.trim()}`);
      expect(body.event).toMatchObject({ event: 'deployment.rollback' });
      expect(Date.parse(body.event.time)).toBeLessThanOrEqual(
        Date.parse(body.receivedAt),
      );
      await told('rolled-back', [{ status: 'rollback', version: 'v1' }]);
    });

    it('tells of a target, and of a removal without a version', async () => {
      await run('targets', { TARGET: 'eu', TIME });
      const removed = await run('targets', {
        TARGET: 'us',
        EVENT: 'deployment.removed',
        VERSION: '',
      });
      expect(removed.stderr).toBe('');
      await told('targets', [
        { target: 'us', status: 'removed', version: '' },
        { environment: 'production', target: 'eu', version: 'v1' },
      ]);
    });

    it.each([
      [{ VERSION: 'v1\n' }, 'VERSION has a line break'],
      [{ CATALOG_WEBHOOK_SECRET: 'a-secret\n' }, 'CATALOG_WEBHOOK_SECRET has'],
      [{ VERSION: '' }, 'VERSION is not set'],
      [{ EVENT: 'deployment.done' }, 'EVENT is not deployment.success'],
      [{ EVENT: 'ping' }, 'EVENT is not deployment.success'],
      [{ DIALECT: 'github' }, 'DIALECT is neither catalog'],
      [{ SEQUENCE: '1, "event": 0' }, 'SEQUENCE is not a whole number'],
      [{ SEQUENCE: '007' }, 'SEQUENCE is not a whole number'],
      [{ CATALOG_REFRESH: 'yes' }, 'CATALOG_REFRESH is neither'],
      [{ DELIVERY: 'v1.2' }, 'DELIVERY has to have'],
      [{ DELIVERY: 'a\nb' }, 'DELIVERY has to have'],
      [{ DELIVERY: 'x'.repeat(256) }, 'DELIVERY has to have'],
    ])('sends nothing where it is given %j', async (env, message) => {
      const { code, stdout, stderr } = await run('wrong', env);

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`notify: ${message}`);
      expect(await stored('wrong')).toBe(0);
    });

    it.each([
      [400, 'time: must be an ISO 8601', { TIME: 'yesterday' }],
      [401, 'at CATALOG_WEBHOOK_SECRET', { secret: 'another' }],
      [401, "the sender's name at the end", { url: 'nobody' }],
      [403, 'environments widened', { ENVIRONMENT: 'test' }],
      [413, 'maxBodyBytes raised', { COMMIT: 'x'.repeat(2000) }],
      [404, 'look at CATALOG_WEBHOOK_URL', { url: 'a/b' }],
    ])('says what to do about a %d', async (status, advice, wrong) => {
      const { secret, url, ...env } = wrong as Record<string, string>;
      const { code, stdout, stderr } = await run('refused', {
        ...env,
        ...(secret && {
          CATALOG_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString(
            'base64',
          )}`,
        }),
        ...(url && { CATALOG_WEBHOOK_URL: receivers.urlOf(url) }),
      });

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`notify: answered ${status}, `);
      expect(stderr).toContain(advice);
      expect(await stored('refused')).toBe(0);
    });
  });

  it('signs with a secret that is longer than a block', async () => {
    const { code, stderr } = await runShell({
      command: NOTIFY,
      cwd: receivers.cwd,
      env: {
        CATALOG_WEBHOOK_URL: receivers.urlOf('long'),
        CATALOG_WEBHOOK_SECRET: SECRETS.long,
        SERVICE: 'long',
        VERSION: 'v1',
        ENVIRONMENT: 'production',
      },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('takes no secret of Standard Webhooks that is none', async () => {
    const { code, stderr } = await runShell({
      command: NOTIFY,
      cwd: receivers.cwd,
      env: {
        CATALOG_WEBHOOK_URL: receivers.urlOf('standard'),
        CATALOG_WEBHOOK_SECRET: 'whsec_no base64 at all',
        DIALECT: 'standard-webhooks',
        SERVICE: 'none',
        VERSION: 'v1',
        ENVIRONMENT: 'production',
      },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('CATALOG_WEBHOOK_SECRET is not whsec_ and');
  });
});

/** As it is, its base64, and the hex of its key. */
function formsOf(secret: string): string[] {
  const base64 = secret.replace('whsec_', '');
  return [secret, base64, secret.slice(0, 12)].concat(
    [Buffer.from(secret), Buffer.from(base64, 'base64')].map(key =>
      key.toString('hex').slice(0, 24),
    ),
  );
}
