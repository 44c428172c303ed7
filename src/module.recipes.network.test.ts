import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import {
  examplePath,
  readBlocks,
  readExample,
} from './__testUtils__/examples/readExamples';
import { missingTools, runShell } from './__testUtils__/examples/runShell';
import { startPrivateApi } from './__testUtils__/recipes/startPrivateApi';

const ROOT = resolve(__dirname, '..');
const FILE = examplePath('sources/private-authority.yaml');
const HOST = 'inventory.internal.example';
const HEADING = 'A private authority, and proxies';

const blocksOf = (language: string) =>
  readBlocks({ page: 'recipes.md', heading: HEADING, language });

/** Whether this Node.js takes the proxy from its environment: 22.21 and later, or 24. */
const [major, minor] = process.versions.node.split('.').map(Number);
const KNOWS_PROXIES = major >= 24 || (major === 22 && minor >= 21);

const missing = missingTools(['openssl']);
const describeHere = missing.length > 0 ? describe.skip : describe;

describeHere('the recipe for a private authority and proxies', () => {
  const directory = mkdtempSync(join(tmpdir(), 'recipes-'));
  const [answer] = blocksOf('json');
  const [block, entity] = blocksOf('yaml');
  let api: Awaited<ReturnType<typeof startPrivateApi>>;

  beforeAll(async () => {
    api = await startPrivateApi({
      directory,
      hosts: [HOST, 'localhost'],
      answer: JSON.parse(answer),
    });
  });

  afterAll(async () => {
    await api?.stop();
    rmSync(directory, { recursive: true });
  });

  /** What comes of a file in a process with these variables. */
  async function read(
    file: string,
    env: Record<string, string>,
    preload: string[] = [],
  ) {
    const { stdout, stderr } = await runShell({
      command: [
        process.execPath,
        ...['@backstage/cli/config/nodeTransform.cjs', ...preload].flatMap(
          module => ['--require', module],
        ),
        join(__dirname, '__testUtils__/recipes/main.ts'),
        file,
      ],
      env: { INVENTORY_PASSWORD: 'secret', ...env },
      cwd: ROOT,
    });
    return stdout ? JSON.parse(stdout) : stderr;
  }

  /** The block with an address of this machine. */
  function withLocalAddress(): string {
    const file = join(directory, 'local.yaml');
    const local = `https://localhost:${api.port}`;
    writeFileSync(file, block.replace(`https://${HOST}`, local));
    return file;
  }

  /** What makes a process use the proxy: a variable, or the code of configuration.md. */
  function withProxy(): [Record<string, string>, string[]] {
    if (KNOWS_PROXIES) {
      return [{ NODE_USE_ENV_PROXY: '1' }, []];
    }
    const [code] = readBlocks({
      page: 'configuration.md',
      heading: 'Proxies and certificates',
      language: 'ts',
    });
    const file = join(directory, 'proxy.ts');
    writeFileSync(file, code);
    return [{ NODE_PATH: join(ROOT, 'node_modules') }, [file]];
  }

  const valid = [{ type: 'valid', entities: [parse(entity)], problems: [] }];

  it('shows its file', () => {
    expect(block).toBe(readExample('sources/private-authority.yaml'));
  });

  it('names the variable as long as the authority is not trusted', async () => {
    await expect(read(withLocalAddress(), {})).resolves.toMatch(
      /does not trust the certificate; start the backend with NODE_EXTRA_CA_CERTS/,
    );
  });

  it('gives the entity with NODE_EXTRA_CA_CERTS', async () => {
    const env = { NODE_EXTRA_CA_CERTS: api.authority };
    await expect(read(withLocalAddress(), env)).resolves.toEqual(valid);
  });

  it('gives it through a proxy, with the host of the block', async () => {
    const [variables, preload] = withProxy();
    const env = {
      ...variables,
      HTTPS_PROXY: api.proxyUrl,
      NO_PROXY: 'localhost,127.0.0.1',
      NODE_EXTRA_CA_CERTS: api.authority,
    };

    await expect(read(FILE, env, preload)).resolves.toEqual(valid);
    expect(api.connections).toEqual([`${HOST}:443`]);
  });
});
