import { TestDatabases } from '@backstage/backend-test-utils';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createCompany } from '../../../dev/metadataApi/company';
import { createMetadataApi } from '../../../dev/metadataApi/createMetadataApi';
import type { RunningApi } from '../../../dev/metadataApi/listen';
import { readDevConfig } from '../../../dev/testing';
import { readBlocks } from '../../__testUtils__/examples/readExamples';
import { missingTools, runShell } from '../../__testUtils__/examples/runShell';
import { startCatalog } from '../../__testUtils__/startCatalog';
import { waitFor } from '../../__testUtils__/waitFor';
import { DELIVERY_STATES } from '../../deliveries/delivery';
import { DEPLOYMENT_EVENTS } from '../../deployments/deployment';
import { runCli } from '../__testUtils__/runCli';

const BIN = resolve(__dirname, '../../../bin/catalog-custom-data.js');
const TOKEN = 'mock-service-token';
const SECRET = 'catalog-dev-webhook-secret';
const UNKNOWN_HASH = 'ab'.repeat(32);

/** The metadata API of `npm start`, and a backend with its configuration. */
async function startDevBackend(
  knex: Awaited<ReturnType<TestDatabases['init']>>,
) {
  const metadata = createMetadataApi({
    records: createCompany(),
    token: 'metadata-token',
  });
  const api = await metadata.listen(0);
  const customData: any = (await readDevConfig('app-config.yaml')).get(
    'catalog.customData',
  );
  const source = customData.sources['service-registry'];
  source.url = `${api.url}/metadata`;
  // Only the runs that a test starts.
  source.schedule.frequency = { hours: 1 };
  source.reconcile = { frequency: { hours: 6 }, initialDelay: { hours: 1 } };
  const catalog = await startCatalog({
    knex,
    customData: {
      ...customData,
      sources: {
        ...customData.sources,
        faulty: { ...source, headers: {} },
      },
    },
  });
  return { metadata, api, catalog };
}

describe('the commands against a backend', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let metadata: ReturnType<typeof createMetadataApi>;
  let api: RunningApi;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;
  let root: string;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'custom-data-cli-'));
    const started = await startDevBackend(await databases.init('SQLITE_3'));
    ({ metadata, api, catalog } = started);
    root = catalog.url.replace('/api/catalog', '');
    await waitFor(async () => {
      const names = await catalog.entities();
      if (names.length < 46) {
        throw new Error('The first run has not brought all entities yet');
      }
    });
  });

  afterAll(async () => {
    await catalog?.stop();
    await api?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const call = (
    argv: string[],
    { env = {}, ...more }: Parameters<typeof runCli>[1] = {},
  ) =>
    runCli(argv, {
      env: {
        CATALOG_URL: root,
        CATALOG_TOKEN: TOKEN,
        CATALOG_WEBHOOK_SECRET: SECRET,
        ...env,
      },
      ...more,
    });
  const cli = (...argv: string[]) => call(argv);
  const json = async (...argv: string[]) =>
    JSON.parse((await cli(...argv, '--json')).stdout);
  const send = (...more: string[]) =>
    cli(
      ...['send', '--sender', 'ci', '--environment', 'production'],
      ...['--version', '1.4.2', ...more],
    );

  describe('sources and problems', () => {
    it('show a line for each source, and one source in full', async () => {
      const { status, stdout } = await cli('sources');
      expect(status).toBe(0);
      expect(stdout).toMatch(/^NAME +STATE +ENTITIES/);
      expect(stdout).toMatch(/^faulty +misconfigured .* misconfigured$/m);
      expect(stdout).toMatch(/^service-registry +idle +46 /m);
      expect((await cli('sources', 'faulty')).stdout).toMatch(
        /^misconfigured {2}.*headers/m,
      );
    });

    it('exit with 1 for what needs attention only where --check asks', async () => {
      const statusOf = async (...argv: string[]) => (await cli(...argv)).status;
      expect(await statusOf('sources', '--check')).toBe(1);
      expect(await statusOf('sources', '--check', '--limit', '0')).toBe(1);
      expect(await statusOf('sources', 'service-registry', '--check')).toBe(0);
      expect(await statusOf('problems', 'service-registry', '--check')).toBe(0);
    });

    it('give programs the items of the answer, as many as they ask for', async () => {
      const { body } = await catalog.api(
        'GET /sources/service-registry/problems',
      );
      const problems = await json('problems', 'service-registry', '--all');
      expect(body.totalItems).toBeGreaterThan(3);
      expect(problems).toEqual(body.items);
      const first = await cli('problems', 'service-registry', '--limit', '3');
      expect(first.stdout.trim().split('\n')).toHaveLength(1 + 3);
      expect(first.stderr).toContain('--all');
    });

    it('read on over pages that hide items, to the last where --all asks', async () => {
      const pages: Record<string, object> = {
        null: { items: [{ id: 1 }], pageInfo: { nextCursor: 'a' } },
        a: { items: [], pageInfo: { nextCursor: 'b' } },
        b: { items: [{ id: 2 }, { id: 3 }], pageInfo: {} },
      };
      const server = await listen((req, res) => {
        const { searchParams } = new URL(req.url!, 'http://localhost');
        res.end(JSON.stringify(pages[`${searchParams.get('cursor')}`]));
      });
      const ids = async (...more: string[]) =>
        (await json('deliveries', '--url', server.url, ...more)).map(
          ({ id }: any) => id,
        );
      expect(await ids('--all')).toEqual([1, 2, 3]);
      expect(await ids('--limit', '2')).toEqual([1, 2]);
      await server.stop();
    });

    it('cut the widest columns of a table to the width of a terminal, and style its titles', async () => {
      const argv = ['problems', 'service-registry'];
      const { stdout } = await call(argv, { columns: 120 });
      const [titles, ...rows] = stdout.trim().split('\n');
      expect(titles.startsWith('\u001b[1mSEVERITY  CODE ')).toBe(true);
      expect(titles).toMatch(/ PATH +MESSAGE/);
      expect(rows.every(row => row.length <= 120)).toBe(true);
      expect(rows[0]).toMatch(/ spec\.owner +.*…/);

      const narrow = await call(argv, { columns: 40 });
      const [, ...cut] = narrow.stdout.trim().split('\n');
      expect(cut.every(row => row.length === 40)).toBe(true);
    });

    it('show records with errors', async () => {
      const { records } = metadata.state;
      records.set('broken', { serviceId: 'broken' });
      await cli('sync', 'service-registry', '--wait');
      const { status, stdout } = await cli(
        ...['problems', 'service-registry', '--check'],
      );
      records.delete('broken');
      await cli('sync', 'service-registry', '--wait');
      expect(status).toBe(1);
      expect(stdout).toMatch(/^error .* broken /m);
    });
  });

  describe('sync', () => {
    it('waits for a run, and says what it did', async () => {
      const records = metadata.state.records;
      records.set('new', {
        serviceId: 'new',
        team: 'x',
        lifecycle: 'y',
      } as any);
      const { status, stdout } = await cli(
        ...['sync', 'service-registry', '--wait'],
      );
      expect(stdout).toMatch(/^outcome +applied$/m);
      expect(stdout).toMatch(/^counts added +1$/m);
      expect(status).toBe(0);
      records.delete('new');
      await cli('sync', 'service-registry', '--wait');
    });

    it('syncs one record', async () => {
      expect(
        await json('sync', 'service-registry', '--record', 'payments-api'),
      ).toEqual({ status: 'synced', runId: expect.any(String) });
    });

    it('exits with 1 after a run that failed, and forces the next', async () => {
      metadata.state.faults.mode = 'error';
      const failed = await cli('sync', 'service-registry', '--wait');
      metadata.state.faults.mode = 'none';
      expect(failed.status).toBe(1);
      expect(failed.stdout).toMatch(/^error .*500/m);
      const forced = await cli(
        ...['sync', 'service-registry', '--force', '--wait'],
      );
      expect(forced.status).toBe(0);
    });
  });

  describe('plan, approve and reject', () => {
    let lost: Array<[string, { serviceId: string }]> = [];

    afterAll(() => {
      lost.forEach(([id, record]) => metadata.state.records.set(id, record));
    });

    const pending = async () => (await json('plan', 'service-registry')).plan;

    it('show all of a plan and decide nothing without its hash', async () => {
      const { records } = metadata.state;
      lost = [...records].slice(0, 15);
      lost.forEach(([id]) => records.delete(id));
      const run = await cli('sync', 'service-registry', '--wait');
      expect(run.status).toBe(1);
      expect(run.stdout).toMatch(/^held +15 of 46 /m);

      const { hash } = await pending();
      const { status, stdout, stderr } = await cli(
        ...['approve', 'service-registry'],
      );
      expect(status).toBe(2);
      expect(stdout.match(/^component:.* be removed /gm)).toHaveLength(15);
      expect(stderr).toContain(`approve service-registry ${hash}`);
      expect((await pending()).state).toBe('pending');
    });

    it('decide nothing with the hash of another plan', async () => {
      const { status, stderr } = await cli(
        ...['approve', 'service-registry', UNKNOWN_HASH],
      );
      expect(status).toBe(2);
      expect(stderr).toContain(`has no plan "${UNKNOWN_HASH}"`);
      expect((await pending()).state).toBe('pending');
    });

    it('decide on the plan with the hash', async () => {
      const { hash } = await pending();
      expect(await json('reject', 'service-registry', hash)).toEqual({
        hash,
        state: 'rejected',
      });
      expect((await pending()).state).toBe('rejected');
      expect((await cli('approve', 'service-registry')).stderr).toContain(
        'Nothing of source "service-registry" waits',
      );
    });
  });

  describe('explain', () => {
    it('shows the fields of an entity, whose kind may be left out', async () => {
      const { status, stdout } = await cli('explain', 'payments-api');
      expect(status).toBe(0);
      expect(stdout).toMatch(/^record state +current$/m);
      expect(stdout).toMatch(
        /^spec\.owner +group:payments +group:\$\{\{ team/m,
      );
      expect(await json('explain', 'component:default/payments-api')).toEqual(
        expect.objectContaining({ source: 'service-registry' }),
      );
    });
  });

  describe('send, deliveries and deployments', () => {
    it('send an event, and show what became of it', async () => {
      const sent = await send(
        ...['--service', 'payments-api', '--target', 'eu', '--sequence', '7'],
        ...['--commit', 'abc', '--deployment-url', 'https://ci.example.com/1'],
        ...['--time', '2026-11-22T12:00:00Z', '--id', 'run-7', '--refresh'],
      );
      expect(sent).toMatchObject({ status: 0, stderr: '' });
      const [, id] = /^stored: (.+)\n$/.exec(sent.stdout)!;

      await waitFor(async () =>
        expect(await json('deliveries', id)).toMatchObject({
          externalId: 'run-7',
          state: 'done',
          event: { catalogRefresh: true },
        }),
      );
      expect((await cli('deliveries', id)).stdout).toMatch(
        /^event target +eu$/m,
      );
      const history = await json(
        ...['deployments', '--history', '--target', 'eu'],
        ...['--entity', 'component:default/nobody'],
        'component:default/payments-api',
      );
      expect(history).toEqual([
        expect.objectContaining({
          deliveryId: id,
          sequence: 7,
          commit: 'abc',
          url: 'https://ci.example.com/1',
          eventAt: '2026-11-22T12:00:00.000Z',
        }),
      ]);
      const { stdout } = await cli('deployments');
      expect(stdout).toMatch(
        /^component:default\/payments-api +production +eu /m,
      );
    });

    it('filter deliveries, and page through all of them', async () => {
      for (const service of ['paged-a', 'paged-b', 'paged-b']) {
        await send('--service', service);
      }
      const services = async (...filter: string[]) =>
        (await json('deliveries', ...filter)).map(
          ({ event }: any) => event.service,
        );
      expect(await services('--service', 'paged-b', '--sender', 'ci')).toEqual([
        'paged-b',
        'paged-b',
      ]);
      expect(await services('--limit', '2')).toEqual(['paged-b', 'paged-b']);
      expect(await services('--until', '2020-01-01T00:00:00Z')).toEqual([]);
    });

    it('tell an event again as a repeat, and deliver one again', async () => {
      const again = ['--service', 'twice', '--time', '2026-11-22T12:00:00Z'];
      const { stdout } = await send(...again);
      const id = stdout.replace('stored: ', '');
      expect((await send(...again)).stdout).toBe(`sent before: ${id}`);
      expect(await json('redeliver', id.trim())).toEqual({ id: id.trim() });
    });

    it('take the secret from a file, with the line break at its end', async () => {
      const argv = [
        ...['send', '--webhook', `${catalog.url}/custom-data/webhooks/ci`],
        ...['--service', 'by-file', '--environment', 'production'],
        ...['--event', 'deployment.removed', '--secret-file', 'secret.txt'],
      ];
      await writeFile(join(folder, 'secret.txt'), `${SECRET}\n`);
      const env = { CATALOG_WEBHOOK_SECRET: '' };
      expect(await call(argv, { env, cwd: folder })).toMatchObject({
        status: 0,
        stderr: '',
      });
    });

    it.each<[string, string[], object]>([
      ['version: is required', ['--event', 'deployment.failure'], {}],
      [
        'signature of the request',
        [],
        { CATALOG_WEBHOOK_SECRET: 'x'.repeat(16) },
      ],
      [
        'The secret is shorter than 16',
        [],
        { CATALOG_WEBHOOK_SECRET: 'short' },
      ],
      ['The secret has a blank', [], { CATALOG_WEBHOOK_SECRET: `${SECRET}\n` }],
      ['set CATALOG_WEBHOOK_SECRET', [], { CATALOG_WEBHOOK_SECRET: '' }],
      ['id-malformed', ['--version', '1', '--id', 'a.b'], {}],
    ])('exit with 2 and say "%s" with %j and %j', async (text, more, env) => {
      const argv = ['send', '--sender', 'ci', '--service', 'refused'];
      const { status, stdout, stderr } = await call(
        [...argv, '--environment', 'production', ...more],
        { env: env as Record<string, string> },
      );
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(text);
      expect(await json('deliveries', '--service', 'refused')).toEqual([]);
    });

    it('offer the events and states that there are', async () => {
      const helpOf = async (command: string) =>
        (await cli(command, '--help')).stdout.replace(/\s+/g, ' ');
      const quoted = (names: readonly string[]) =>
        names.map(name => `"${name}"`).join(', ');
      expect(await helpOf('send')).toContain(quoted(DEPLOYMENT_EVENTS));
      expect(await helpOf('deliveries')).toContain(quoted(DELIVERY_STATES));
    });
  });

  describe('what cannot be done', () => {
    it.each([
      [['plan', 'service-registri'], 'did you mean "service-registry"?'],
      [['sync', 'service-registry', '--record', 'nope'], 'no record "nope"'],
      [['sync', 'faulty'], 'misconfigured'],
      [
        ['explain', 'group:nobody'],
        'There is no entity "group:default/nobody"',
      ],
      [['deliveries', 'nope'], 'There is no delivery "nope"'],
      [['deliveries', '--since', 'yesterday'], 'since: is no time with a zone'],
      [['sources', '..'], '".." is no source'],
      [['sources', '--limit', '-1'], 'It is no whole number'],
      [['sources', '--url', 'localhost'], '"localhost", which is no http'],
      [['sources', '--url', 'http://a:b@c'], 'must not have a user name'],
      [['sources', '--token', 'a b'], 'The token of --token'],
    ])('is said in one line for %j', async (argv, text) => {
      const { status, stdout, stderr } = await cli(...argv);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(text);
      expect(stderr).not.toMatch(/^ +at /m);
    });

    it('is said of tokens that are missing, wrong or not enough', async () => {
      const withToken = async (token: string) =>
        (
          await call(['sync', 'service-registry'], {
            env: { CATALOG_TOKEN: token },
          })
        ).stderr;
      expect(await withToken('mock-none-token')).toContain('does not accept');
      expect(await withToken('mock-user-token')).toContain('does not allow');
    });

    it.each<[string, number, Record<string, string>, string]>([
      ['a page', 200, { 'Content-Type': 'text/html' }, '<p>\u001b[2J</p>'],
      ['other JSON', 200, { 'Content-Type': 'application/json' }, '{}'],
      ['a redirect', 302, { Location: 'https://login.example.com' }, ''],
      [
        'a backend without the module',
        404,
        { 'Content-Type': 'application/json' },
        '{"error":{"name":"NotFoundError","message":"No route"}}',
      ],
    ])(
      'is said of a host that answers with %s',
      async (_, code, headers, body) => {
        const server = await listen((_req, res) =>
          res.writeHead(code, headers).end(body),
        );
        const { status, stderr } = await cli('sources', '--url', server.url);
        await server.stop();
        expect(status).toBe(2);
        expect(stderr).toContain('look at the URL');
        expect(stderr.match(/\n/g)).toHaveLength(1);

        const gone = await cli('sources', '--url', server.url);
        expect(gone.status).toBe(2);
        expect(gone.stderr).toContain('cannot be reached: ECONNREFUSED');
      },
    );

    it('steers no terminal', async () => {
      const answer = { error: { message: 'a\n\u001b[2Jb' } };
      const server = await listen((_req, res) =>
        res.writeHead(500).end(JSON.stringify(answer)),
      );
      const { stderr } = await cli('sources', '--url', server.url);
      await server.stop();
      expect(stderr).toBe('a\\u000a\\u001b[2Jb (500)\n');
    });
  });

  const hasTools = missingTools(['bash', 'curl', 'jq']).length === 0;
  (hasTools ? describe : describe.skip)('in docs/cli.md', () => {
    it('work as they are shown', async () => {
      const bin = join(folder, 'catalog-custom-data');
      await writeFile(bin, `#!/bin/sh\nexec node '${BIN}' "$@"\n`, {
        mode: 0o755,
      });
      const here = (script: string) =>
        script
          .replace('http://localhost:7007', root)
          .replace('http://127.0.0.1:7017', api.url)
          .replace('catalog-dev-token', TOKEN);
      const blocks = (heading: string) =>
        readBlocks({ page: 'cli.md', heading, language: 'sh' });
      const [setup] = blocks('Against a backend');
      const codes: Record<string, number[]> = {
        sources: [0, 1],
        problems: [0],
        sync: [0],
        'dry-run': [0, 0, 0],
        'plan, approve, reject': [1, 0, 0, 0],
        explain: [0],
        'deliveries, redeliver': [0],
        deployments: [0],
        send: [0],
        'sign, verify': [0, 1],
        Completion: [0],
      };
      for (const [heading, expected] of Object.entries(codes)) {
        const results = [];
        for (const block of blocks(heading)) {
          results.push(
            await runShell({
              command: [
                'bash',
                '--norc',
                '-c',
                here(`set -e\n${setup}${block}`),
              ],
              env: { PATH: `${folder}:${process.env.PATH}` },
              cwd: folder,
            }),
          );
        }
        const errors = results.map(({ stderr }) => stderr).join('');
        expect({ heading, errors, codes: results.map(r => r.code) }).toEqual({
          heading,
          errors: '',
          codes: expected,
        });
      }
    });
  });
});

async function listen(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
