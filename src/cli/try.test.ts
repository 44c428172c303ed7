import type { JsonObject, JsonValue } from '@backstage/types';
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { closeServers, startServer } from '../sources/__testUtils__/servers';
import { sendJson } from '../sources/__testUtils__/startSource';
import { runCli } from './__testUtils__/runCli';

const ENTITY = {
  kind: 'Component',
  metadata: { name: '${{ name }}' },
  spec: {
    type: 'service',
    lifecycle: 'production',
    owner: 'group:${{ team }}',
  },
};
const TOKEN = 'hidden-token';
const ROOT = join(__dirname, '../..');

describe('try', () => {
  let cwd: string;
  let answer: JsonValue;
  let server: Awaited<ReturnType<typeof startServer>>;

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'try-'));
    server = await startServer(({ url, headers }, response) => {
      if (headers.authorization !== `Bearer ${TOKEN}`) {
        response.writeHead(401).end();
      } else if (url === '/list') {
        sendJson(response, answer);
      } else {
        const id = url!.slice('/list/'.length);
        sendJson(response, { id, name: 'one', team: 'search' });
      }
    });
  });
  afterEach(async () => {
    await closeServers();
    await rm(cwd, { recursive: true });
  });

  const write = (source: object, file = 'app-config.yaml') => {
    const mine = {
      url: `${server.origin}/list`,
      headers: { Authorization: 'Bearer ${TOKEN}' },
      ...source,
    };
    const config = { catalog: { customData: { sources: { mine } } } };
    return writeFile(join(cwd, file), stringify(config));
  };
  const tryIt = (...argv: string[]) =>
    runCli(['try', '--source', 'mine', ...argv], { cwd, env: { TOKEN } });
  const recordsOf = (...names: string[]): JsonObject[] =>
    names.map((name, index) => ({ id: `r${index}`, name, team: 'search' }));

  it('shows the first entities, their problems and what each expression read and gave', async () => {
    answer = { items: recordsOf('one', 'not valid', 'three', 'nor it', 'no!') };
    await write({ records: 'items', id: 'id', entity: ENTITY });

    const { status, stdout } = await tryIt('--limit', '2');

    expect(status).toBe(1);
    expect(stdout).toContain('metadata:\n  name: one\nspec:\n');
    expect(stdout).toMatch(
      /name: not valid\n(.*\n)*?error entity-invalid: Record "r1" .*metadata\.name/,
    );
    expect(stdout).toMatch(
      /^spec\.owner +"group:search" +team = "search" +group:\$\{\{ team }}$/m,
    );
    expect(stdout).not.toContain('name: three');
    expect(stdout).toMatch(/Record "r3" .*\[and 1 more like it: "r4"\]\n/);
    expect(stdout).toContain(
      '5 records, 2 gave 2 entities (2 component), 3 invalid\n',
    );
  });

  it('finds refs that two records give, cycles, and what "when" leaves out, as a run does', async () => {
    answer = [
      { id: 1, name: 'a', dependsOn: 'component:b' },
      { id: 2, name: 'b', dependsOn: 'component:a' },
      { id: 3, name: 'a' },
      { id: 4, name: 'd', old: true },
    ];
    const spec = {
      ...ENTITY.spec,
      owner: 'x',
      dependsOn: ['${{ dependsOn }}'],
    };
    await write({
      id: 'id',
      when: '$not(old = true)',
      entity: { ...ENTITY, spec },
    });

    const { status, stdout } = await tryIt();

    expect(status).toBe(1);
    expect(stdout).toMatch(/error ref-taken: Record "3" .* record "1" gives/);
    expect(stdout).toMatch(/warning relation-cycle: Record "1" /);
    expect(stdout).toContain('4 records, 3 passed "when", 2 gave 2 entities');
  });

  it('lets no text of the API steer the terminal', async () => {
    const evil = '\u001b[2J\u202eevil\u009b';
    answer = [{ id: '\u202e1', name: 'one', team: 'a', [evil]: evil }];
    const metadata = { name: '${{ name }}', description: '${{ $.*[-1] }}' };
    await write({ id: 'id', entity: { ...ENTITY, metadata } });
    const mapped = await tryIt();
    expect(mapped.stdout).toContain('evil');
    await write({});
    const unmapped = await tryIt();
    expect(unmapped.stdout).toContain('evil');
    expect(mapped.stdout + unmapped.stdout).toMatch(/^[\n\x20-\x7e…]*$/);
  });

  it('leads from the URL alone to the records and to a mapping', async () => {
    const things = [{ code: 'a', crew: 'x' }, { code: 'b' }];
    answer = { page: { groups: [{ name: 'g', things }] } };
    await write({});
    const first = await tryIt();
    expect(first.status).toBe(1);
    expect(first.stdout).toContain(
      '  records: page.groups.things  # 2 with the keys code, crew\n',
    );

    await write({ records: 'page.groups.things' });
    const second = await tryIt();
    expect(second.status).toBe(1);
    expect(second.stdout).toContain('  code  "a"\n');

    const [, proposed] = second.stdout.split('\n\n        id:');
    expect(proposed).toMatch(/^ code\n {8}entity:\n/);
    const config = join(cwd, 'app-config.yaml');
    await appendFile(config, `        id:${proposed}`);
    const third = await tryIt();
    expect(third.stdout).toContain('2 records, 2 gave 2 entities');
    expect(third.status).toBe(0);
  });

  it('names all expressions that cannot be used, each with a mark under the place', async () => {
    await write({ id: '$slg(id)', when: 'team =', entity: ENTITY });

    const { status, stdout } = await tryIt();

    expect(status).toBe(1);
    expect(stdout).toMatch(
      /sources\.mine\.id: .*did you mean \$slug\?\n {4}\$slg\(id\)\n {7}\^\n/,
    );
    expect(stdout).toMatch(/sources\.mine\.when: .*\n {4}team =\n {9}\^\n/);
    expect(server.requests).toEqual([]);
  });

  it('takes an answer from a file, or a single record from the API', async () => {
    await write({ records: 'items', id: 'id', entity: ENTITY });
    const items = recordsOf('a', 'b');
    await writeFile(join(cwd, 'a.json'), JSON.stringify({ items }));
    const fromFile = await tryIt('--file', 'a.json');
    expect(fromFile.stdout).toContain('2 records, 2 gave 2 entities');
    expect(server.requests).toEqual([]);

    const single = await tryIt('--record', 'r7');
    expect(single.stdout).toContain('# Record "r7"\n');
    expect(single.status).toBe(0);
  });

  it.each([
    [['--source', 'mind'], 'There is no source "mind"; did you mean "mine"?'],
    [['--config', 'none.yaml'], 'There is no file "'],
    [['--file', 'none.json'], 'There is no file "'],
    [['--file', 'a', '--record', 'b'], '--record asks the API'],
  ])('answers %j with status 2 and one line', async (argv, text) => {
    await write({});
    const { status, stderr, stdout } = await tryIt(...argv);
    expect(status).toBe(2);
    expect(stderr).toContain(text);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
  });

  it.each([
    ['a: [', 'Flow sequence'],
    ['', 'it is empty'],
    ['a: { $include: none.yaml }', 'none.yaml", file does not exist'],
  ])('names the file of a configuration that is %j', async (text, reason) => {
    await writeFile(join(cwd, 'app-config.yaml'), text);
    const { status, stderr } = await tryIt();
    expect(status).toBe(2);
    expect(stderr).toContain('app-config.yaml) cannot be read: ');
    expect(stderr).toContain(reason);
  });

  it('names the variables that are not set where a key of the source is missing', async () => {
    await write({ headers: { Authorization: '${NO_SUCH}' } });
    const { status, stdout } = await tryIt();
    expect(status).toBe(1);
    expect(stdout).toMatch(/sources\.mine\.headers: .*\n.*not set: NO_SUCH\n/);
  });

  it('shows each fault of a block on a line of its own', async () => {
    await write({ headers: 'none', schedule: { timeout: '1 hour ago' } });
    const { status, stdout } = await tryIt();
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^catalog\.customData\.sources\.mine\.headers: must be a map .*\ncatalog\.customData\.sources\.mine\.schedule\.timeout: .*\n$/,
    );
  });

  it('ends when the time of a run is up, and names the key', async () => {
    const silent = await startServer(() => {});
    const schedule = { frequency: { hours: 1 }, timeout: { milliseconds: 50 } };
    await write({ url: `${silent.origin}/list`, schedule });
    const { status, stderr } = await tryIt();
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^Source "mine" did not end within schedule\.timeout \(0\.05 s\) while reading page 1 of /,
    );
  });

  it('says why the list could not be fetched, and shows no secret', async () => {
    await write({ headers: { Authorization: 'Bearer wrong-token' } });
    const { status, stderr, stdout } = await tryIt('--verbose');
    expect(status).toBe(2);
    expect(stderr).toContain('answered 401; check the credentials');
    expect(stderr + stdout).not.toContain('wrong-token');
  });

  it('says that sources and mappings in code cannot be tried', async () => {
    await write({ id: 'id', transformer: 'teams' });
    const { status, stderr } = await tryIt();
    expect(status).toBe(2);
    expect(stderr).toContain('is mapped by code (transformer: teams)');
  });

  it('runs from a checkout that was not built, with the configuration of npm start', async () => {
    const services = [{ serviceId: 'one', team: 'search', lifecycle: 'old' }];
    await writeFile(join(cwd, 'a.json'), JSON.stringify({ services }));

    const { stdout } = await promisify(execFile)(process.execPath, [
      join(ROOT, 'bin/catalog-custom-data.js'),
      ...['try', '--source', 'service-registry'],
      ...['--config', join(ROOT, 'dev/app-config.yaml')],
      ...['--file', join(cwd, 'a.json')],
    ]);

    expect(stdout).toContain('\n  owner: group:search\n');
    expect(stdout).toContain('1 record, 1 gave 1 entity (1 component)');
  });

  /** Watches, and takes the next step each time when a trial is over. */
  async function watch(...steps: Array<() => unknown>) {
    const stop = new AbortController();
    const left = [...steps, () => stop.abort()];
    let seen = 0;
    return runCli(['try', '--source', 'mine', '--watch'], {
      cwd,
      env: { TOKEN },
      signal: stop.signal,
      onOutput: text => {
        if (text.slice(seen).includes('waits for a change')) {
          seen = text.length;
          left.shift()?.();
        }
      },
    });
  }

  it('does it again when a file changes, survives a mistake, and asks the API once', async () => {
    answer = recordsOf('one');
    const included = join(cwd, 'entity.yaml');
    await writeFile(included, stringify(ENTITY));
    await write({ id: 'id', entity: { $include: 'entity.yaml' } });
    const changed = stringify({ ...ENTITY, kind: 'Resource' });

    const { stdout, stderr } = await watch(
      () => writeFile(included, 'kind: ['),
      () => writeFile(included, changed),
    );

    expect(stderr).toContain('entity.yaml');
    expect(stdout).toMatch(/\nkind: Resource\n/);
    expect(stdout).toContain('The API was not asked again');
    expect(server.requests).toHaveLength(1);
  });

  it('takes an API with OAuth 2 for the same, whatever token it gives', async () => {
    const requested: string[] = [];
    const api = await startServer(({ url }, response) => {
      requested.push(url!);
      const token = { access_token: `t${requested.length}` };
      sendJson(response, url === '/token' ? token : recordsOf('one'));
    });
    const withSecret = (clientSecret: string) =>
      write({
        url: `${api.origin}/list`,
        headers: { 'X-Client': 'catalog' },
        auth: {
          type: 'oauth2',
          tokenUrl: `${api.origin}/token`,
          clientId: 'me',
          clientSecret,
        },
        id: 'id',
        entity: ENTITY,
      });
    await withSecret('one-secret');
    const config = join(cwd, 'app-config.yaml');

    const { stdout } = await watch(
      () => appendFile(config, '# the same\n'),
      () => withSecret('another-secret'),
    );

    expect(stdout.match(/not asked again/g)).toHaveLength(1);
    expect(requested.filter(url => url === '/list')).toHaveLength(2);

    await writeFile(join(cwd, 'a.json'), JSON.stringify(recordsOf('a')));
    const before = requested.length;
    const fromFile = await tryIt('--file', 'a.json');
    expect(fromFile.stdout).toContain('1 record, 1 gave 1 entity');
    expect(requested).toHaveLength(before);
  });

  it('does it again when the schema of the records changes', async () => {
    answer = recordsOf('one');
    const schema = join(cwd, 'schema.json');
    const asks = (required: string) =>
      writeFile(
        schema,
        JSON.stringify({ type: 'object', required: [required] }),
      );
    await asks('name');
    await write({ id: 'id', entity: ENTITY, schema });

    const { stdout } = await watch(
      () => writeFile(schema, '{'),
      () => asks('colour'),
    );

    expect(stdout).toMatch(/none invalid(.*\n)*.*sources\.mine\.schema: names/);
    expect(stdout).toMatch(/1 invalid\n/);
  });
});
