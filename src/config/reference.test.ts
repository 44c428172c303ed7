import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigReader } from '@backstage/config';
import { parse } from 'yaml';
import {
  type ConfigKey,
  keysOfDeclaration,
  keysOfSchema,
} from './__testUtils__/configKeys';
import { milliseconds } from './durations';
import { customData, readCustomDataSettings } from './settings';

const ROOT = resolve(__dirname, '../..');
const schemaKeys = keysOfSchema(customData);

/** Durations of the same length are equal, however they are written. */
function comparable(value: unknown): unknown {
  const read = milliseconds({ min: { seconds: 0 } }).safeParse(value);
  return JSON.stringify(read.success ? { milliseconds: read.data } : value);
}

function byPath<T>(
  keys: Map<string, ConfigKey>,
  pick: (key: ConfigKey) => T,
): Record<string, T> {
  return Object.fromEntries(
    [...keys].sort().map(([path, key]) => [path, pick(key)]),
  );
}

describe('config.d.ts', () => {
  const declared = keysOfDeclaration();

  it.each<[string, (key: ConfigKey) => unknown]>([
    ['declares each key', () => true],
    ['requires the same keys', ({ required }) => !required.includes(false)],
    ['names each default', ({ defaults }) => defaults.map(comparable).sort()],
    ['offers the same choices', ({ choices }) => choices],
  ])('%s', (_, pick) => {
    expect(byPath(declared, pick)).toEqual(byPath(schemaKeys, pick));
  });

  it('marks what is secret', () => {
    const secret = [...declared].filter(([, key]) => key.visibility);
    expect(secret.map(([path, key]) => [path, key.visibility]).sort()).toEqual([
      ['sources.*.auth.clientSecret', 'secret'],
      ['sources.*.auth.password', 'secret'],
      ['sources.*.auth.token', 'secret'],
      ['sources.*.body', 'secret'],
      ['sources.*.headers', 'secret'],
      ['sources.*.query', 'secret'],
      ['webhooks.*.secrets.secret', 'secret'],
    ]);
  });
});

describe('app-config.example.yaml', () => {
  const text = readFileSync(`${ROOT}/app-config.example.yaml`, 'utf8').replace(
    /\$\{\w+\}/g,
    'a-secret-of-32-characters-or-so!',
  );
  const example = parse(text).catalog.customData;
  const read = (block: typeof example) =>
    readCustomDataSettings(
      new ConfigReader({ catalog: { customData: block } }),
    );

  /** Blocks that stand in a comment, as another form of the one below it. */
  const blocksInComments = (keys: string) =>
    [...text.matchAll(new RegExp(`^ +# (${keys}): (\\{.*\\})$`, 'gm'))].map(
      ([, key, block]) => ({ [key]: parse(block) }),
    );
  const alternatives = blocksInComments('auth|pagination');
  const waysToVerify = blocksInComments('verify');

  /** Each value that the example shows, by the path of its key. */
  function collect(shown: Map<string, unknown[]>, value: unknown, path = '') {
    if (Array.isArray(value)) {
      value.forEach(member => collect(shown, member, path));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        const own = path ? `${path}.${name}` : name;
        const at = schemaKeys.has(own) ? own : `${path}.*`;
        shown.set(at, [...(shown.get(at) ?? []), member]);
        collect(shown, member, at);
      }
    }
    return shown;
  }

  const shown = collect(new Map(), example);
  alternatives.forEach(block => collect(shown, block, 'sources.*'));
  waysToVerify.forEach(block => collect(shown, block, 'webhooks.*'));

  it('shows each key', () => {
    expect([...schemaKeys.keys()].filter(path => !shown.has(path))).toEqual([]);
  });

  it('shows each default', () => {
    const missing = [...schemaKeys].filter(([path, { defaults }]) => {
      const values = (shown.get(path) ?? []).map(comparable);
      return !defaults.every(value => values.includes(comparable(value)));
    });
    expect(missing).toEqual([]);
  });

  it('has nothing misconfigured in it', () => {
    expect(read(example)).toMatchObject({
      sources: [
        { name: 'service-registry' },
        { name: 'asset-inventory' },
        { name: 'team-directory' },
        { name: 'ci-services' },
      ],
      senders: [
        { name: 'ci', secrets: [{ id: '2026-q4' }] },
        { name: 'deploy-tool', dialect: 'json' },
        { name: 'github-actions', verify: { all: ['jwt'] } },
        { name: 'jenkins', verify: { all: ['clientCertificate', 'token'] } },
      ],
      misconfiguredSources: [],
      misconfiguredSenders: [],
      faults: [],
    });
  });

  it('has nothing misconfigured in the blocks in its comments', () => {
    expect(alternatives).toHaveLength(5);
    const url = 'https://registry.example.com/metadata';
    const sources = Object.fromEntries(
      alternatives.map((block, index) => [
        `source-${index}`,
        { url: `${url}/${index}`, ...block },
      ]),
    );
    expect(read({ sources })).toMatchObject({
      sources: alternatives,
      misconfiguredSources: [],
    });
  });

  it('has no misconfigured way to verify in its comments', () => {
    expect(waysToVerify).toHaveLength(1);
    const [github] = waysToVerify;
    expect(read({ webhooks: { github } })).toMatchObject({
      senders: [{ verify: { all: ['ed25519'] } }],
      misconfiguredSenders: [],
    });
  });

  it('shows the default of each key that depends on others', () => {
    const source = example.sources['service-registry'];
    const { title, owner, purpose, headers, records, ...withDefaults } = source;
    const { requestsPerSecond, ...request } = source.request;
    withDefaults.request = request;
    expect(read({ sources: { a: withDefaults } }).sources).toEqual(
      read({ sources: { a: { url: source.url } } }).sources,
    );
    const sender = example.webhooks.ci;
    const { allowFrom, services, environments, record, aliases, ...given } =
      sender;
    const { owner: _, purpose: __, ...rest } = given;
    expect(read({ webhooks: { ci: rest } }).senders).toEqual(
      read({ webhooks: { ci: { secrets: sender.secrets } } }).senders,
    );
  });
});

describe('docs/configuration.md', () => {
  const rows = readTables(
    readFileSync(`${ROOT}/docs/configuration.md`, 'utf8'),
  );
  const documented = [...schemaKeys.keys()].filter(
    path => !/\.entity\./.test(path),
  );

  it('has a row for each key that is not a block of others', () => {
    const leaves = documented.filter(
      path => !documented.some(other => other.startsWith(`${path}.`)),
    );
    expect(leaves.filter(path => !rows.has(path))).toEqual([]);
  });

  it('has no row for a key that does not exist', () => {
    expect([...rows.keys()].filter(path => !documented.includes(path))).toEqual(
      [],
    );
  });

  it.each([...rows])('names the default of %s', (path, cell) => {
    const defaults = schemaKeys.get(path)?.defaults.map(comparable);
    const leading = cell.match(/^(`[^`]*`|\d+ \w+)/)?.[0] ?? '';
    expect(valuesIn(cell)).toEqual(expect.arrayContaining(defaults!));
    expect(defaults).toEqual(expect.arrayContaining(valuesIn(leading)));
  });

  it.each([...rows])('says whether %s is required', (path, cell) => {
    const { required, defaults } = schemaKeys.get(path)!;
    expect(cell.startsWith('required')).toBe(
      required.includes(true) && defaults.length === 0,
    );
  });

  /** Cells with a default, by the path of their key. */
  function readTables(markdown: string): Map<string, string> {
    const found = new Map<string, string>();
    let prefix = '';
    let isKeys = false;
    for (const line of markdown.split('\n')) {
      const [, entry] = line.match(/^## A \w+: `(\w+)\.<name>`$/) ?? [];
      prefix = entry ? `${entry}.*.` : prefix;
      const [, key, , defaultCell] = line.split('|').map(cell => cell.trim());
      isKeys = line.startsWith('|') && (isKeys || key === 'key');
      if (isKeys && key.startsWith('`')) {
        const path = key.replaceAll('`', '').replaceAll('[]', '');
        found.set(`${prefix}${path}`, defaultCell);
      }
    }
    return found;
  }

  function valuesIn(cell: string): unknown[] {
    return [...cell.matchAll(/`([^`]*)`|\d+ [a-z]+/g)].map(([words, code]) =>
      comparable(code === undefined ? words : parse(code)),
    );
  }
});
