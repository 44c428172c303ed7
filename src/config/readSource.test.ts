import { settingsOf } from '../ingestion/__testUtils__/fakes';
import { toMisconfigured } from './messages';
import { describeConflicts, readSource, readsTheSame } from './readSource';

const url = 'https://registry.example.com/metadata';
const inBody = { type: 'cursor', next: 'a', in: 'body' };
const entity = { kind: 'Component', metadata: { name: '${{ id }}' } };

function readRaw(value: unknown, name = 'registry') {
  return readSource({ name, value, path: ['root', name] });
}

function read(value: object) {
  const parsed = readRaw({ url, ...value });
  if (parsed.type === 'faulty') {
    throw new Error(JSON.stringify(parsed.faults));
  }
  return parsed.value;
}

function faultOf(value: unknown, name = 'registry') {
  const parsed = readRaw(value, name);
  if (parsed.type === 'ok') {
    throw new Error('Expected a fault');
  }
  const path = ['root', name];
  return toMisconfigured(name, path, parsed.faults);
}

describe('readSource', () => {
  it('needs only a URL', () => {
    expect(read({})).toEqual({
      name: 'registry',
      type: 'http',
      url,
      recordUrl: `${url}/{id}`,
      method: 'GET',
      headers: {},
      pagination: { type: 'none' },
      id: 'serviceId',
      entity: [
        {
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'Component',
          metadata: {
            name: '${{ serviceId }}',
            annotations: { 'custom/owner': '${{ team }}' },
          },
          spec: {
            type: 'service',
            lifecycle: 'production',
            owner: 'group:${{ team }}',
          },
        },
      ],
      tables: {},
      maxEntityBytes: 1_000_000,
      requiredAnnotations: [],
      cycles: 'report',
      takeover: false,
      schedule: {
        frequency: { minutes: 15 },
        timeout: { minutes: 5 },
        initialDelay: { seconds: 30 },
      },
      reconcile: {
        frequency: { hours: 6 },
        timeout: { minutes: 5 },
        initialDelay: { minutes: 5 },
      },
      backoff: { initialMs: 60_000, maxMs: 3_600_000 },
      removals: { maxRatio: 0.2, minCount: 1, keep: false },
      changes: { maxRatio: 0.5, ignore: [] },
      kinds: ['Component', 'API', 'Resource', 'System', 'Domain'],
      namespaces: ['default'],
      locations: { allow: [] },
      poll: true,
      paused: false,
      request: {
        timeoutMs: 60_000,
        maxBytes: 100_000_000,
        maxDepth: 64,
        retries: 3,
        concurrency: 4,
      },
    });
  });

  it('reads numbers and flags from strings', () => {
    expect(
      read({
        paused: 'true',
        poll: 'no',
        removals: { maxRatio: '0.5', minCount: '0' },
        request: { maxBytes: '2000' },
      }),
    ).toMatchObject({
      paused: true,
      poll: false,
      removals: { maxRatio: 0.5, minCount: 0 },
      request: { timeoutMs: 60_000, maxBytes: 2000, maxDepth: 64 },
    });
  });

  it('adds the apiVersion of the catalog to a template', () => {
    const second = { ...entity, apiVersion: 'example.com/v1' };
    expect(read({ id: 'id', entity: [entity, second] }).entity).toEqual([
      { ...entity, apiVersion: 'backstage.io/v1alpha1' },
      second,
    ]);
  });

  it('reads a single template as a list of one', () => {
    expect(read({ id: 'id', entity }).entity).toHaveLength(1);
  });

  it('writes kinds as the catalog does, each once', () => {
    expect(read({ kinds: ['api', 'API', 'MyKind'] }).kinds).toEqual([
      'API',
      'MyKind',
    ]);
  });

  it('completes the ref of the owner', () => {
    expect(read({ owner: 'platform' }).owner).toBe('group:default/platform');
  });

  it('accepts an empty list of allowed locations', () => {
    expect(read({ locations: { allow: [] } }).locations).toEqual({ allow: [] });
  });

  it('accepts location refs with stars', () => {
    const allow = ['*', 'url:https://git.example.com/*', 'file:*'];
    expect(read({ locations: { allow } }).locations).toEqual({ allow });
  });

  it('reads the keys of requests', () => {
    const asked = {
      method: 'POST',
      body: { filter: [] },
      auth: { type: 'bearer', token: 'abc' },
      pagination: { type: 'page', parameter: 'p', first: 0, maxPages: 3 },
      request: { retries: '0', concurrency: 1, requestsPerSecond: '0.5' },
    };
    const query = { view: 'full', deep: true, tag: ['a', 1] };
    expect(read({ ...asked, query })).toMatchObject({
      ...asked,
      query: { view: 'full', deep: 'true', tag: ['a', '1'] },
      request: { retries: 0, concurrency: 1, requestsPerSecond: 0.5 },
    });
    expect(read({ method: 'POST', body: '{}' }).body).toBe('{}');
  });

  it('accepts a path to the records with pages by number', () => {
    const pages = { records: 'data.services', pagination: { type: 'page' } };
    expect(read(pages).records).toBe('data.services');
  });

  it('accepts any records with pages by link', () => {
    const pages = { records: '[a[b]]', pagination: { type: 'link' } };
    expect(read(pages).records).toBe('[a[b]]');
  });

  it('reads the keys of filtering and validation', () => {
    const given = {
      when: 'live and $fromTable("tiers", tier).monitored',
      tables: {
        tiers: { gold: { monitored: true }, 'a b.c': [null], '': 0 },
        Owners_2: { x: 'group:default/x' },
      },
      schema: { type: 'object', required: ['id'] },
      requiredAnnotations: ['example.com/pager', 'plain'],
      cycles: 'reject',
      takeover: true,
    };
    expect(read(given)).toMatchObject(given);
    expect(read({ schema: './a.schema.json' }).schema).toBe('./a.schema.json');
    expect(
      read({ requiredAnnotations: ['plain', 'plain'] }).requiredAnnotations,
    ).toEqual(['plain']);
  });

  it('has no template beside a transformer', () => {
    const own = { id: 'id', transformer: 'own-mapping', when: 'live' };
    expect(read(own)).toMatchObject({ ...own, entity: [], tables: {} });
  });

  it('accepts tables that only "when" can use', () => {
    const own = { when: '$fromTable("live", id)', tables: { live: { a: 1 } } };
    expect(read({ id: 'id', transformer: 'own', ...own })).toMatchObject(own);
  });

  describe('of a custom source', () => {
    it('needs no URL', () => {
      const custom = readRaw({ type: 'custom' });
      const http = readRaw({ url });
      expect(custom).toEqual({
        type: 'ok',
        value: {
          ...(http.type === 'ok' && http.value),
          type: 'custom',
          url: 'custom-data:registry',
          recordUrl: 'custom-data:registry/{id}',
        },
      });
    });

    it('accepts keys that are not about requests', () => {
      const given = {
        type: 'custom',
        title: 'Team directory',
        id: 'id',
        transformer: 'teams',
        when: 'live',
        schema: './team.schema.json',
        takeover: true,
        kinds: ['Group'],
        poll: false,
      };
      expect(readRaw(given)).toMatchObject({ type: 'ok', value: given });
    });

    it('names the nearest known key', () => {
      expect(faultOf({ type: 'custom', table: {} }).reason).toContain(
        'did you mean "tables"?',
      );
    });

    it.each([
      ['url', url],
      ['recordUrl', `${url}/{id}`],
      ['method', 'GET'],
      ['body', { a: 1 }],
      ['query', { a: 1 }],
      ['headers', { a: 'b' }],
      ['auth', { type: 'bearer', token: 'abc' }],
      ['pagination', { type: 'none' }],
      ['records', 'services[active]'],
      ['complete', true],
      ['request', { retries: 1 }],
    ])('refuses %s', (key, value) => {
      expect(faultOf({ type: 'custom', [key]: value })).toEqual({
        name: 'registry',
        key: `root.registry.${key}`,
        reason:
          'is not for a custom source, which fetches by itself; remove it',
      });
    });
  });

  it('accepts auth beside other headers', () => {
    const auth = { type: 'bearer', token: 'abc' };
    expect(read({ auth, headers: { 'X-Key': 'k' } }).auth).toEqual(auth);
  });

  it.each([
    ['', { sorce: 1 }, 'sorce', 'unknown key "sorce", known are "type"'],
    ['', { recordURL: url }, 'recordURL', 'did you mean "recordUrl"?'],
    ['', { schemas: {} }, 'schemas', 'did you mean "schema"?'],
    ['', { cycle: 'report' }, 'cycle', 'did you mean "cycles"?'],
    ['backoff', { backoff: { inital: 1 } }, 'inital', 'mean "initial"?'],
    ['removals', { removals: { maxRation: 1 } }, 'maxRation', '"maxRatio"?'],
    ['locations', { locations: { alow: [] } }, 'alow', '"allow"?'],
    ['request', { request: { timeOut: '1s' } }, 'timeOut', '"timeout"?'],
    ['schedule', { schedule: { freqency: '1s' } }, 'freqency', '"frequency"?'],
    [
      'entity',
      { id: 'a', entity: { ...entity, specs: {} } },
      'specs',
      '"spec"?',
    ],
  ])('names the nearest known key in "%s"', (at, value, unknown, text) => {
    const { key, reason } = faultOf({ url, ...value });
    expect(key).toBe(['root.registry', at, unknown].filter(Boolean).join('.'));
    expect(reason).toContain(text);
  });

  it.each([
    'headers',
    'query',
    'requiredAnnotations',
    'kinds',
    'namespaces',
    'locations',
    'backoff',
    'removals',
    'request',
    'schedule',
    'reconcile',
  ])('refuses an empty %s and names a missing environment variable', key => {
    const lists = ['requiredAnnotations', 'kinds', 'namespaces'];
    const value = lists.includes(key) ? [] : {};
    expect(faultOf({ url, [key]: value })).toMatchObject({
      key: `root.registry.${key}`,
      reason: expect.stringMatching(/present and empty.*environment variable/),
    });
  });

  it.each([
    ['url', {}, 'is missing'],
    ['url', { url: '' }, 'is empty'],
    ['title', { url, title: 5 }, 'must be a string, not a number'],
    ['owner', { url, owner: 'a:b:c/d' }, '"a:b:c/d" is not an entity ref'],
    ['id', { url, id: '${{ id }}' }, 'without ${{ }}'],
    ['id', { url, entity }, 'with an entity of your own, choose'],
    ['id', { url, transformer: 'a' }, 'with a transformer of your own, choose'],
    ['type', { url, type: 'grpc' }, 'must be "http", "custom" or "push"'],
    ['when', { url, when: '${{ live }}' }, 'without ${{ }}'],
    ['when', { url, when: '' }, 'is empty'],
    ['tables', { url, when: 'a', tables: {} }, 'present and empty'],
    ['tables.a', { url, when: 'a', tables: { a: {} } }, 'present and empty'],
    ['tables.a', { url, when: 'a', tables: { a: 'b' } }, 'must be a map'],
    ...['1a', 'a.b', '', 'a'.repeat(64)].map(
      (name): [string, object, string] => [
        /[.]|^$/.test(name) ? `tables["${name}"]` : `tables.${name}`,
        { url, when: 'a', tables: { [name]: { b: 1 } } },
        'cannot be the name of a table',
      ],
    ),
    ['tables', { url, tables: { a: { b: 1 } } }, 'are for expressions'],
    [
      'tables',
      { url, id: 'a', transformer: 'a', tables: { a: { b: 1 } } },
      'are for expressions',
    ],
    ['schema', { url, schema: true }, 'must be a JSON Schema'],
    ['schema', { url, schema: false }, 'must be a JSON Schema'],
    ['schema', { url, schema: [{}] }, 'must be a JSON Schema'],
    ['schema', { url, schema: ' ' }, 'present and empty'],
    ['schema', { url, schema: {} }, 'such as { $include: '],
    [
      'requiredAnnotations[1]',
      { url, requiredAnnotations: ['a.b/c', 'a/b/c'] },
      '"a/b/c" is not the key of an annotation',
    ],
    ['cycles', { url, cycles: 'refuse' }, '"report", "reject" or "ignore"'],
    ['takeover', { url, takeover: 'maybe' }, 'must be true or false'],
    [
      'transformer',
      { url, id: 'a', transformer: 'My Own' },
      '"My Own" cannot be a name here',
    ],
    [
      'transformer',
      { url, id: 'a', transformer: 'own', entity },
      'cannot be used with entity',
    ],
    ['records', { url, records: ' ' }, 'is empty'],
    [
      'records',
      { url, records: '${{ a }}', pagination: { type: 'offset' } },
      'without ${{ }}',
    ],
    ['entity', { url, id: 'a', entity: 'x' }, 'must be a map'],
    ['entity', { url, id: 'a', entity: [] }, 'present and empty'],
    ['', { url, id: 'a', entity: {} }, 'entity.kind: is missing'],
    [
      'entity.kind',
      { url, id: 'a', entity: { metadata: { name: 'a' } } },
      'missing',
    ],
    [
      'entity.metadata',
      { url, id: 'a', entity: { kind: 'API' } },
      'is missing',
    ],
    [
      'entity[1].metadata.name',
      { url, id: 'a', entity: [entity, { kind: 'API', metadata: {} }] },
      'is missing',
    ],
    ['kinds[1]', { url, kinds: ['API', 'my-kind'] }, '"my-kind" is not a kind'],
    ['kinds', { url, kinds: 'API' }, 'must be a list, not a string'],
    [
      'namespaces[0]',
      { url, namespaces: ['Default'] },
      '"Default" is not a name',
    ],
    [
      'locations.allow[0]',
      { url, locations: { allow: ['https://a.b/*'] } },
      '"https://a.b/*" is not a location ref; try "url:https://',
    ],
    [
      'locations.allow[0]',
      { url, locations: { allow: ['x'] } },
      '"x" is not a location ref',
    ],
    [
      'removals.maxRatio',
      { url, removals: { maxRatio: 20 } },
      '20 is not a number from 0 to 1',
    ],
    ['removals.maxRatio', { url, removals: { maxRatio: -0.1 } }, '-0.1 is not'],
    [
      'removals.maxRatio',
      { url, removals: { maxRatio: '' } },
      'must be a number',
    ],
    [
      'removals.minCount',
      { url, removals: { minCount: 1.5 } },
      'a whole number of at least 0',
    ],
    ['request.maxBytes', { url, request: { maxBytes: 0 } }, 'of at least 1'],
    [
      'request.maxDepth',
      { url, request: { maxDepth: 'deep' } },
      'must be a number',
    ],
    ['request.timeout', { url, request: { timeout: '60d' } }, 'is longer than'],
    [
      'backoff',
      { url, backoff: { initial: '2h' } },
      'max is shorter than initial',
    ],
    [
      'backoff',
      { url, backoff: { max: '10s' } },
      'max is shorter than initial',
    ],
    [
      'backoff.max',
      { url, backoff: { max: 'soon' } },
      '"soon" is not a duration',
    ],
    ['method', { url, method: 'PUT' }, 'must be "GET" or "POST"'],
    ['body', { url, body: { a: 1 } }, 'only sent with "method: POST"'],
    ['body', { url, method: 'POST', body: {} }, `write '{}'`],
    ['body', { url, method: 'POST', body: [] }, 'a map of keys and values'],
    ['body', { url, method: 'POST', body: ' ' }, 'present and empty'],
    ['query.a', { url, query: { a: '' } }, 'is empty'],
    ['query.a', { url, query: { a: [] } }, 'present and empty'],
    ['query.a[1]', { url, query: { a: ['x', null] } }, 'must be a string'],
    ['query.a', { url, query: { a: {} } }, 'must be a string'],
    [
      'pagination.type',
      { url, pagination: { type: 'x' } },
      'must be "none", "link"',
    ],
    [
      'pagination.in',
      { url, method: 'POST', body: '{}', pagination: inBody },
      'set "method: POST" and a "body" that is a map',
    ],
    ['pagination.in', { url, pagination: inBody }, 'set "method: POST"'],
    [
      'auth',
      {
        url,
        auth: { type: 'bearer', token: 'abc' },
        headers: { AUTHORIZATION: 'Bearer abc' },
      },
      'cannot be used with a header Authorization',
    ],
    ['request.retries', { url, request: { retries: 11 } }, 'from 0 to 10'],
    ['request.concurrency', { url, request: { concurrency: 0 } }, 'at least 1'],
    [
      'request.requestsPerSecond',
      { url, request: { requestsPerSecond: 0 } },
      'from 0.001 to 1000',
    ],
    ['poll', { url, poll: 'maybe' }, 'must be true or false'],
  ])('reports %s in %j', (key, value, reason) => {
    expect(faultOf(value)).toEqual({
      name: 'registry',
      key: ['root.registry', key].filter(Boolean).join('.'),
      reason: expect.stringContaining(reason),
    });
  });

  it.each(['My-Source', 'a_b', '-a', 'a-', 'a.b', 'a'.repeat(64), '', 'ä'])(
    'refuses the name "%s"',
    name => {
      expect(faultOf({ url }, name).reason).toContain('cannot be a name');
    },
  );

  it.each(['a', '0', 'a-b', 'a'.repeat(63)])('accepts the name "%s"', name => {
    expect(readRaw({ url }, name).type).toBe('ok');
  });

  it('reports all faults at once, under the key that they share', () => {
    const { key, reason } = faultOf({
      url: 'ftp://x',
      headers: {},
      kinds: [],
      paws: true,
      entity: {},
    });
    expect(key).toBe('root.registry');
    for (const at of ['url', 'headers', 'kinds', 'paws', 'entity.kind', 'id']) {
      expect(reason).toMatch(new RegExp(`(^|; )${at}: `));
    }
  });

  it('refuses a value that is not a map', () => {
    expect(faultOf('https://x').reason).toMatch(/^must be a map/);
  });
});
describe('describeConflicts', () => {
  const tables = { owners: { a: 'b' } };
  const lookUp = '$fromTable("owners", team)';

  const faultyKeys = (source: object) =>
    Object.entries(describeConflicts({ url, ...source })).flatMap(
      ([key, reason]) => (reason === undefined ? [] : [key]),
    );

  it.each([
    ['entity', { id: 'id', entity: {} }],
    ['when', { when: 'live' }],
    ['id', { id: lookUp }],
    ['records', { records: lookUp }],
    ['pagination.next', { pagination: { type: 'link', next: lookUp } }],
    ['id beside a transformer', { id: lookUp, transformer: 'own' }],
  ])('accepts tables beside %s', (_, source) => {
    expect(faultyKeys({ ...source, tables })).toEqual([]);
  });

  it.each([
    ['nothing of its own', {}],
    ['an id that is a path', { id: 'team', transformer: 'own' }],
    ['records that are a path', { records: 'data.items' }],
    ['a cursor that is a path', { pagination: { type: 'cursor', next: 'c' } }],
  ])('refuses tables beside %s', (_, source) => {
    expect(faultyKeys({ ...source, tables })).toEqual(['tables']);
  });
});
describe('readsTheSame', () => {
  it.each([
    {},
    { title: 'Another' },
    { pagination: { type: 'link' as const, maxPages: 1 } },
    { takeover: true, cycles: 'reject' as const },
  ])('is true for sources that differ in %j only', overrides => {
    expect(readsTheSame(settingsOf({}), settingsOf(overrides))).toBe(true);
  });

  it.each([
    { url: 'https://other.example.com' },
    { method: 'POST' as const },
    { body: { filter: 'a' } },
    { query: { team: 'a' } },
    { auth: { type: 'bearer' as const, token: 'abc' } },
    { headers: { 'X-Tenant': 'a' } },
    { records: 'items' },
    { when: 'team = "a"' },
    { tables: { owners: { a: 'b' } } },
    { transformer: 'own' },
  ])('is false for sources that differ in %j', overrides => {
    expect(readsTheSame(settingsOf({}), settingsOf(overrides))).toBe(false);
  });

  it('does not compare what two custom sources read', () => {
    const custom = settingsOf({ type: 'custom' });
    expect(readsTheSame(custom, custom)).toBe(false);
  });
});
