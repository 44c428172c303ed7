/* eslint-disable no-script-url -- what must not pass */
import type { JsonObject, JsonValue } from '@backstage/types';
import fc from 'fast-check';
import type { Problem } from '../lib/problem';
import { createEntityValidator } from './createEntityValidator';

type Settings = Parameters<typeof createEntityValidator>[0];

const SETTINGS: Settings = {
  name: 'registry',
  kinds: ['Component', 'API', 'Resource', 'System', 'Domain'],
  namespaces: ['default'],
  maxEntityBytes: 10_000,
};

const component = (
  change: {
    root?: JsonObject;
    metadata?: JsonObject;
    spec?: JsonObject;
  } = {},
): JsonObject => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments', ...change.metadata },
  spec: {
    type: 'service',
    lifecycle: 'production',
    owner: 'group:payments',
    ...change.spec,
  },
  ...change.root,
});

async function problemsOf(
  candidate: JsonObject,
  settings: Partial<Settings> = {},
): Promise<Problem[]> {
  const validate = createEntityValidator({ ...SETTINGS, ...settings });
  const outcome = await validate(candidate, 'r1');
  return outcome.type === 'invalid' ? outcome.problems : [];
}

const found = async (candidate: JsonObject, settings: Partial<Settings> = {}) =>
  (await problemsOf(candidate, settings)).map(({ code, path }) => [code, path]);

describe('createEntityValidator', () => {
  it('returns an entity that the catalog accepts', async () => {
    const candidate = component({
      metadata: {
        namespace: 'default',
        title: 'Payments',
        labels: { 'example.com/tier': '1', empty: '' },
        annotations: { 'custom/owner': 'payments', note: '' },
        tags: ['java', 'tier:1'],
        links: [
          { url: 'https://example.com', title: 'Site' },
          { url: 'mailto:a@example.com' },
        ],
      },
    });
    const validate = createEntityValidator(SETTINGS);

    expect(await validate(candidate, 'r1')).toEqual({
      type: 'valid',
      entity: candidate,
    });
  });

  it('names the path, the value and what to do', async () => {
    expect(
      await problemsOf(component({ metadata: { name: 'My Service' } })),
    ).toEqual([
      {
        code: 'entity-invalid',
        severity: 'error',
        recordId: 'r1',
        path: 'metadata.name',
        message:
          'Record "r1" of source "registry": metadata.name is "My Service", which is not valid; use letters and digits with "-", "_" or "." between them, at most 63 characters; $entityName(…) makes such a name, $slug(…) one in lower case',
      },
    ]);
  });

  it.each<[string, JsonObject, string]>([
    ['labels.phone', { labels: { phone: 'hunter 2' } }, '"hunter 2"'],
    ['annotations.a', { annotations: { a: ['hunter 2'] } }, '["hunter 2"]'],
    [
      'annotations.a',
      { annotations: { a: 'data:hunter 2' } },
      '"data:hunter 2"',
    ],
    ['tags[0]', { tags: ['hunter 2'] }, '"hunter 2"'],
    ['links[0]', { links: ['hunter 2'] }, '"hunter 2"'],
    ['links[0].url', { links: [{ url: 'hunter 2' }] }, '"hunter 2"'],
    [
      'links[0].url',
      { links: [{ url: 'ftp://hunter 2' }] },
      '"ftp://hunter 2"',
    ],
    [
      'links[0].url',
      { links: [{ url: ['hunter 2\n\u2028'] }] },
      String.raw`["hunter 2\n\u2028"]`,
    ],
    ['title', { title: { is: 'hunter 2' } }, '{"is":"hunter 2"}'],
    ['name', { name: { is: 'hunter 2' } }, '{"is":"hunter 2"}'],
  ])(
    'keeps the value of %s out of the message: %j',
    async (path, metadata, value) => {
      const problems = await problemsOf(component({ metadata }));
      expect(problems).toMatchObject([{ path: `metadata.${path}`, value }]);
      const [{ message }] = problems;
      expect(message).not.toContain('hunter');
    },
  );

  it('gives a complete message without the value', async () => {
    const metadata = { labels: { phone: '+49 30' }, tags: ['Not Ok'] };
    const [label, tag] = await problemsOf(component({ metadata }));
    expect(label.message).toContain(
      'metadata.labels.phone is not valid; use letters',
    );
    expect(tag.message).toContain('metadata.tags[0] is not valid; use a-z');
  });

  it('cuts a long value short', async () => {
    const tags = ['x'.repeat(500)];
    expect(await problemsOf(component({ metadata: { tags } }))).toMatchObject([
      { value: `"${'x'.repeat(78)}…` },
    ]);
  });

  it('cuts a long name short', async () => {
    const [{ message }] = await problemsOf(
      component({ metadata: { name: 'x'.repeat(500) } }),
    );
    expect(message).toContain(`"${'x'.repeat(78)}…`);
    expect(message).not.toContain('x'.repeat(79));
  });

  it('gives all problems of names, labels, tags and links together', async () => {
    expect(
      await found({
        apiVersion: '!',
        kind: 'Location',
        metadata: {
          name: 'a b',
          namespace: 'other',
          uid: 'x',
          tags: ['ok', 'Not Ok'],
          annotations: { 'backstage.io/managed-by-location': 'url:x', a: 1 },
          links: [{ url: 'javascript:alert(1)' }],
        },
        status: {},
        spec: { type: 1 },
      }),
    ).toEqual(
      expect.arrayContaining([
        ['entity-invalid', 'apiVersion'],
        ['kind-not-allowed', 'kind'],
        ['entity-invalid', 'metadata.name'],
        ['namespace-not-allowed', 'metadata.namespace'],
        ['entity-invalid', 'status'],
        ['entity-invalid', 'metadata.uid'],
        [
          'annotation-not-allowed',
          'metadata.annotations["backstage.io/managed-by-location"]',
        ],
        ['entity-invalid', 'metadata.annotations.a'],
        ['entity-invalid', 'metadata.tags[1]'],
        ['link-not-allowed', 'metadata.links[0].url'],
      ]),
    );
  });

  it('reports each path once', async () => {
    const paths = (
      await found({
        kind: 5,
        metadata: { name: 7, labels: { a: 1 }, tags: [1] },
      })
    ).map(([, path]) => path);
    expect(paths).toHaveLength(new Set(paths).size);
  });

  describe('kind', () => {
    it('may be in any case, and is emitted as the source spells it', async () => {
      const outcome = await createEntityValidator(SETTINGS)(
        component({ root: { kind: 'cOMPONENT' } }),
        'r1',
      );
      expect(outcome).toMatchObject({
        type: 'valid',
        entity: { kind: 'Component' },
      });
    });

    it.each(['Location', 'Group', 'User', 'Template', 'location', 'Widget'])(
      '%s is not allowed unless the source says so',
      async kind => {
        expect(await found(component({ root: { kind } }))).toContainEqual([
          'kind-not-allowed',
          'kind',
        ]);
      },
    );

    it('is allowed where the source says so', async () => {
      const group = {
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Group',
        metadata: { name: 'payments' },
        spec: { type: 'team', children: [] },
      };
      expect(await found(group, { kinds: ['Group'] })).toEqual([]);
    });

    it('of another plugin needs only what all entities share', async () => {
      const widget = {
        apiVersion: 'example.com/v1',
        kind: 'widget',
        metadata: { name: 'w' },
        spec: { anything: [1] },
      };
      const settings = { ...SETTINGS, kinds: ['Widget'] };
      expect(await createEntityValidator(settings)(widget, 'r1')).toMatchObject(
        { type: 'valid', entity: { kind: 'Widget' } },
      );
      expect(await found({ ...widget, spec: [] }, settings)).toEqual([
        ['entity-invalid', 'spec'],
      ]);
      expect(await found({ ...widget, apiVersion: 'a/b/c' }, settings)).toEqual(
        [['entity-invalid', 'apiVersion']],
      );
    });

    it('of the catalog needs an apiVersion that the catalog knows', async () => {
      const [problem] = await problemsOf(
        component({ root: { apiVersion: 'example.com/v1' } }),
      );
      expect(problem).toMatchObject({
        code: 'entity-invalid',
        path: 'apiVersion',
        message: expect.stringContaining('write "backstage.io/v1alpha1"'),
      });
    });

    it.each([undefined, null, '', 7, 'a b'])('cannot be %p', async kind => {
      expect(await found(component({ root: { kind } }))).toContainEqual([
        'entity-invalid',
        'kind',
      ]);
    });
  });

  describe('spec', () => {
    it.each<[JsonObject, string, string]>([
      [{ owner: undefined }, 'spec.owner', 'is missing'],
      [{ owner: 5 }, 'spec.owner', 'must be string'],
      [{ type: '' }, 'spec.type', 'must NOT have fewer than 1 characters'],
      [{ dependsOn: ['a', 1, 2] }, 'spec.dependsOn[1]', 'must be string'],
    ])(
      'gives the first error of the schema for %j',
      async (spec, path, reason) => {
        const [problem, ...others] = await problemsOf(component({ spec }));
        expect(others).toEqual([]);
        expect(problem).toMatchObject({
          code: 'entity-invalid',
          path,
          message: `Record "r1" of source "registry": ${path} ${reason}; check its expression in the entity template, and what the record has there`,
        });
      },
    );

    it('shows the value that does not fit', async () => {
      expect(await problemsOf(component({ spec: { owner: 5 } }))).toMatchObject(
        [{ value: '5' }],
      );
    });

    it('is an object', async () => {
      expect(await found(component({ root: { spec: undefined } }))).toEqual([
        ['entity-invalid', 'spec'],
      ]);
    });

    it.each([
      [
        'API',
        { type: 'openapi', lifecycle: 'x', owner: 'a' },
        'spec.definition',
      ],
      ['Resource', { type: 'database' }, 'spec.owner'],
      ['System', {}, 'spec.owner'],
      ['Domain', {}, 'spec.owner'],
      ['Group', { type: 'team' }, 'spec.children'],
      ['User', { profile: { email: 5 }, memberOf: [] }, 'spec.profile.email'],
      ['Location', { type: 5 }, 'spec.type'],
    ])('of %s is checked', async (kind, spec, path) => {
      expect(
        await found(component({ root: { kind, spec: spec as JsonObject } }), {
          kinds: [kind],
        }),
      ).toEqual([['entity-invalid', path]]);
    });
  });

  describe('metadata', () => {
    it.each<[JsonValue | undefined]>([
      [undefined],
      [null],
      ['text'],
      [[]],
      [7],
    ])('cannot be %p', async metadata => {
      expect(await found(component({ root: { metadata } }))).toContainEqual([
        'entity-invalid',
        'metadata',
      ]);
    });

    it.each<[JsonValue | undefined]>([
      [undefined],
      [null],
      [''],
      [7],
      ['a b'],
      ['-a'],
      ['é'],
      ['x'.repeat(64)],
      [{ a: 1 }],
    ])('name cannot be %p', async name => {
      expect(await found(component({ metadata: { name } }))).toEqual([
        ['entity-invalid', 'metadata.name'],
      ]);
    });

    it('namespace is default where it is missing', async () => {
      expect(await found(component(), { namespaces: ['other'] })).toEqual([
        ['namespace-not-allowed', 'metadata.namespace'],
      ]);
      expect(
        await found(component({ metadata: { namespace: 'other' } }), {
          namespaces: ['other'],
        }),
      ).toEqual([]);
    });

    it.each<[JsonValue]>([[null], [''], ['Default'], ['a b'], [7]])(
      'namespace cannot be %p',
      async namespace => {
        expect(await found(component({ metadata: { namespace } }))).toEqual([
          ['entity-invalid', 'metadata.namespace'],
        ]);
      },
    );

    it.each(['uid', 'etag'])('%s belongs to the catalog', async field => {
      expect(await found(component({ metadata: { [field]: 'x' } }))).toEqual([
        ['entity-invalid', `metadata.${field}`],
      ]);
    });
  });

  it.each(['status', 'relations', 'other'])(
    'refuses %s at the root',
    async field => {
      expect(await found(component({ root: { [field]: [] } }))).toContainEqual([
        'entity-invalid',
        field,
      ]);
    },
  );

  describe.each(['annotations', 'labels'])('%s', field => {
    it.each([
      'backstage.io/managed-by-location',
      'backstage.io/orphan',
      'techdocs.backstage.io/x',
      'a.b.backstage.io/x',
      'custom/deployed-version.production',
      'custom/deployed-at.staging',
      'custom/Deployed-At.staging',
    ])('may not hold %s', async key => {
      expect(
        await found(component({ metadata: { [field]: { [key]: 'x' } } })),
      ).toEqual([['annotation-not-allowed', `metadata.${field}["${key}"]`]]);
    });

    it.each([
      'notbackstage.io/x',
      'backstage.io.example.com/x',
      'custom/deployed-by',
    ])('may hold %s', async key => {
      expect(
        await found(component({ metadata: { [field]: { [key]: 'x' } } })),
      ).toEqual([]);
    });

    it.each([
      ...['', 'a b', 'A.com/x', '${{ a }}', 'x'.repeat(64)],
      ...['Backstage.IO/x', 'backstage.io/a/b'],
    ])('may not hold the key %p', async key => {
      expect(
        await found(component({ metadata: { [field]: { [key]: 'x' } } })),
      ).toEqual([['entity-invalid', expect.stringContaining(field)]]);
    });

    it.each<[JsonValue]>([[1], [true], [null], [['a']], [{}]])(
      'may not hold the value %j',
      async value => {
        expect(
          await found(component({ metadata: { [field]: { key: value } } })),
        ).toEqual([['entity-invalid', `metadata.${field}.key`]]);
      },
    );

    it('must be an object', async () => {
      expect(await found(component({ metadata: { [field]: ['a'] } }))).toEqual([
        ['entity-invalid', `metadata.${field}`],
      ]);
    });
  });

  it.each(['javascript:alert(1)', ' DATA:text/html,x', 'vb\nscript:x'])(
    'refuses the annotation value %j',
    async value => {
      expect(
        await found(component({ metadata: { annotations: { a: value } } })),
      ).toEqual([['annotation-not-allowed', 'metadata.annotations.a']]);
    },
  );

  it('requires the annotations that its source lists', async () => {
    const settings = { requiredAnnotations: ['custom/owner', 'tier'] };
    const foundFor = (annotations?: JsonValue) =>
      found(component({ metadata: { annotations } }), settings);
    const owner = 'metadata.annotations["custom/owner"]';

    expect(await foundFor({ 'custom/owner': 'a', tier: '1' })).toEqual([]);
    expect(await foundFor({ 'custom/owner': ' ', tier: '1' })).toEqual([
      ['annotation-missing', owner],
    ]);
    expect(await foundFor({ 'custom/owner': null, tier: '1' })).toEqual([
      ['entity-invalid', owner],
    ]);
    expect(await foundFor()).toEqual([
      ['annotation-missing', owner],
      ['annotation-missing', 'metadata.annotations.tier'],
    ]);
    const [{ message, severity }] = await problemsOf(component(), settings);
    expect(severity).toBe('error');
    expect(message).toContain(`${owner} is missing, and "requiredAnnotations"`);
  });

  it('does not mistake an inherited property for an annotation', async () => {
    expect(
      await found(component({ metadata: { annotations: {} } }), {
        requiredAnnotations: ['toString'],
      }),
    ).toHaveLength(1);
  });

  it.each(['Component', 'API', 'Resource', 'System', 'Domain'])(
    'requires an owner of a %s',
    async kind => {
      const ofKind = (owner?: string) => ({
        ...component({ spec: { definition: 'x', owner } }),
        kind,
      });
      expect(await found(ofKind('team'))).toEqual([]);
      expect(await found(ofKind(''))).toEqual([
        ['entity-invalid', 'spec.owner'],
      ]);
      expect(await found(ofKind())).toEqual([['entity-invalid', 'spec.owner']]);
    },
  );

  it('refuses a label value with a space', async () => {
    expect(
      await found(component({ metadata: { labels: { a: 'two words' } } })),
    ).toEqual([['entity-invalid', 'metadata.labels.a']]);
  });

  describe('links', () => {
    it.each<[JsonValue, string, string]>([
      [{ url: 'javascript:alert(1)' }, 'link-not-allowed', '.url'],
      [{ url: 'java\nscript:alert(1)' }, 'link-not-allowed', '.url'],
      [{ url: 'data:text/html,x' }, 'link-not-allowed', '.url'],
      [{ url: '/relative' }, 'link-not-allowed', '.url'],
      [{ url: '' }, 'link-not-allowed', '.url'],
      [{ url: false }, 'entity-invalid', '.url'],
      [{ title: 'no url' }, 'entity-invalid', '.url'],
      [{ url: 'https://a.example', title: 7 }, 'entity-invalid', '.title'],
      ['https://a.example', 'entity-invalid', ''],
      [null, 'entity-invalid', ''],
      [['https://a.example'], 'entity-invalid', ''],
    ])('may not hold %j', async (link, code, path) => {
      const links = [{ url: 'https://example.com' }, link];
      expect(await found(component({ metadata: { links } }))).toEqual([
        [code, `metadata.links[1]${path}`],
      ]);
    });

    it('must be a list', async () => {
      expect(
        await found(component({ metadata: { links: { url: 'x' } } })),
      ).toEqual([['entity-invalid', 'metadata.links']]);
    });

    it('reports what only the policies of the catalog check', async () => {
      const links = [{ url: 'https://example.com', title: ' ' }];
      const [problem] = await problemsOf(component({ metadata: { links } }));
      expect(problem.code).toBe('entity-invalid');
      expect(problem.message).toContain('links.0.title');
      expect(problem.message).not.toContain('found');
      expect(problem.value).toContain(' ');
    });
  });

  it.each<[unknown]>([[null], [undefined], ['text'], [7], [[]]])(
    'refuses a candidate that is %p',
    async candidate => {
      expect(await found(candidate as JsonObject)).toEqual([
        ['entity-invalid', 'apiVersion'],
        ['entity-invalid', 'kind'],
        ['entity-invalid', 'metadata'],
      ]);
    },
  );

  it('refuses a kind that is an object with a key "toString"', async () => {
    const candidate = { ...component(), kind: { toString: {} } };
    expect(await found(candidate)).toContainEqual(['entity-invalid', 'kind']);
    const metadata = { namespace: { toString: {} } };
    expect(await found(component({ metadata }))).toContainEqual([
      'entity-invalid',
      'metadata.namespace',
    ]);
  });

  it.each([
    ['spec.definition', { spec: { definition: { $text: 'http://h/' } } }],
    ['metadata.links[0]', { metadata: { links: [{ $json: './a.json' }] } }],
    ['metadata.annotations', { metadata: { annotations: { $yaml: 'a' } } }],
    ['spec.a', { spec: { a: { $openapi: 'http://h/', b: 1 } } }],
    ['spec.a[1].b', { spec: { a: [1, { b: { $asyncapi: 'x' } }] } }],
    ['spec.a', { spec: { a: { $graphql: 'x' } } }],
    ['spec.a', { spec: { a: { $constructor: 'x' } } }],
  ])(
    'lets no record make the catalog read a URL: a placeholder at %s',
    async (path, change) => {
      const [problem] = await problemsOf(component(change), {
        placeholders: ['graphql'],
      });
      expect(problem).toMatchObject({
        code: 'entity-invalid',
        path,
        message: expect.stringMatching(
          /holds the placeholder "\$\w+", by which .*; give the content itself/,
        ),
      });
    },
  );

  it('lets other keys with a "$" pass', async () => {
    const spec = { a: { $ref: '#/b' }, b: { $id: 'x', text: '$text' } };
    expect(await problemsOf(component({ spec }))).toEqual([]);
  });

  it.each([
    ['metadata.title', { metadata: { title: 'a\0b' } }],
    ['metadata.links[0].title', { metadata: { links: [{ title: '\0' }] } }],
    ['spec.a[0].b', { spec: { a: [{ b: 'x\ud83d' }] } }],
    ['spec.a', { spec: { a: '\ude00x' } }],
    [String.raw`spec["a\u0000"]`, { spec: { 'a\0': 1 } }],
    [String.raw`spec.a["\ud83d"]`, { spec: { a: { '\ud83d': 1 } } }],
  ])(
    'refuses what PostgreSQL cannot store, with the path %s',
    async (path, change) => {
      const problems = await problemsOf(component(change));
      expect(problems[0]).toMatchObject({
        code: 'entity-invalid',
        path,
        message: expect.stringContaining('U+0000 or half of a surrogate pair'),
      });
      expect(problems[0].message).toMatch(/^\P{C}+$/u);
    },
  );

  it.each([
    ['spec.owner', { owner: 'x'.repeat(300) }],
    ['spec.system', { system: `system:default/${'x'.repeat(241)}` }],
    ['spec.dependsOn[1]', { dependsOn: ['resource:a', 'x'.repeat(240)] }],
  ])('refuses a ref that PostgreSQL cannot store: %s', async (path, spec) => {
    const problems = await problemsOf(component({ spec }));
    expect(problems).toEqual([
      expect.objectContaining({ code: 'entity-invalid', path }),
    ]);
    expect(problems[0].message).toMatch(/is a ref of \d+ characters, and/);
  });

  it('takes a ref of 255 characters', async () => {
    const system = `system:default/${'x'.repeat(240)}`;
    expect(await problemsOf(component({ spec: { system } }))).toEqual([]);
  });

  it('takes every other character', async () => {
    const title = 'a\u0001\n\u{1f600}\ufffe\ufeff\u202e';
    const change = { metadata: { title }, spec: { [title]: title } };
    expect(await problemsOf(component(change))).toEqual([]);
  });

  it('names at most 20 places of a content that is refused everywhere', async () => {
    const spec = { a: Array(500).fill('\0') };
    expect(await problemsOf(component({ spec }))).toHaveLength(20);
  });

  it('refuses an entity of more bytes than its source allows', async () => {
    const candidate = component({ metadata: { title: 'ü'.repeat(100) } });
    const bytes = Buffer.byteLength(JSON.stringify(candidate));

    expect(await problemsOf(candidate, { maxEntityBytes: bytes })).toEqual([]);
    expect(await problemsOf(candidate, { maxEntityBytes: bytes - 1 })).toEqual([
      expect.objectContaining({
        code: 'entity-invalid',
        message: expect.stringContaining(
          `has ${bytes} bytes of JSON, and "maxEntityBytes" of the source is ${
            bytes - 1
          }; leave out`,
        ),
      }),
    ]);
  });

  it.each([
    ['metadata.name', { name: 'Ö c!' }, '$entityName'],
    ['metadata.namespace', { namespace: 'My Team' }, '$slug'],
    ['metadata.tags[0]', { tags: ['Not A Tag'] }, '$slug'],
    ['metadata.labels.a', { labels: { a: 'b c' } }, '$entityName'],
  ])(
    'names the function that makes %s valid',
    async (path, metadata, advised) => {
      const problems = await problemsOf(
        component({ metadata: metadata as {} }),
      );
      const { message } = problems.find(problem => problem.path === path)!;
      expect(message).toContain(`${advised}(…)`);
    },
  );

  it.each([
    { spec: { owner: { 'a\nb': 1 } } },
    { metadata: { annotations: { 'a\n\u001b[2J b': 1 } } },
    { metadata: { labels: { '\u2028\u202e': 'x' } } },
    { root: { 'st\nus': 1 } },
    { metadata: { links: [{ 'x\r\n': 1, url: 'https://h', title: 1 }] } },
    { root: { kind: 'a\nb' } },
    { root: { apiVersion: 'a\u001b[2J' } },
  ])('lets no key of a record break a line: %j', async change => {
    const problems = await problemsOf(component(change as {}));
    expect(problems).not.toEqual([]);
    for (const { message, path } of problems) {
      expect(`${message}${path}`).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
    }
  });

  it('has the path of a schema error behind a key with blanks', async () => {
    const kinds = ['Component', 'Widget'];
    const annotations = { 'a b\nc': 1 };
    const widget = component({
      root: { kind: 'Widget' },
      metadata: { annotations },
    });
    expect(await found(widget, { kinds })).toEqual([
      ['entity-invalid', String.raw`metadata.annotations["a b\nc"]`],
    ]);
  });

  it('never throws, and never accepts what it must refuse', async () => {
    const validate = createEntityValidator(SETTINGS);
    const noise = fc.jsonValue({ maxDepth: 3 });
    const metadata = fc.record(
      {
        name: fc.oneof(fc.constant('a'), noise),
        namespace: fc.oneof(fc.constant('default'), noise),
        annotations: fc.oneof(fc.dictionary(fc.string(), noise), noise),
        labels: noise,
        tags: fc.oneof(fc.array(noise), noise),
        links: fc.oneof(fc.array(fc.record({ url: noise })), noise),
      },
      { requiredKeys: ['name'] },
    );
    const candidates = fc.record(
      {
        apiVersion: fc.oneof(fc.constant('backstage.io/v1alpha1'), noise),
        kind: fc.oneof(fc.constant('Component'), noise),
        metadata: fc.oneof(metadata, noise),
        spec: noise,
        status: noise,
      },
      { requiredKeys: [] },
    );

    await fc.assert(
      fc.asyncProperty(candidates, async candidate => {
        const outcome = await validate(candidate as JsonObject, 'r1');
        const isRefused =
          outcome.type === 'invalid' && outcome.problems.length > 0;
        const isAllowed =
          outcome.type === 'valid' &&
          outcome.entity.kind === 'Component' &&
          !Object.hasOwn(outcome.entity, 'status');
        expect(isRefused || isAllowed).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
