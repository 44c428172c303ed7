import fc from 'fast-check';
import { catalogCheck, FINDING_CODES } from '../../config/catalogCheck';
import { FileChecker } from './FileChecker';
import { ownModel } from '../catalogSchemas';
import { compileKindSchema, kindsOf } from './kindSchemas';

const WIDGET = compileKindSchema({
  properties: { spec: { required: ['size'] } },
});

/** As docs/validate.md says how to name the catalog's own. */
const PAINTING = compileKindSchema({
  allOf: [
    { $ref: 'Entity' },
    {
      properties: {
        spec: {
          properties: {
            definition: { type: 'string' },
            color: { enum: ['red'] },
            size: { type: 'number' },
          },
        },
      },
    },
  ],
});

const KINDS = kindsOf(ownModel());

async function checkFiles(
  files: Record<string, string | Buffer>,
  { check = {}, strictRefs = false } = {},
) {
  const checker = new FileChecker({
    ...catalogCheck.parse(check),
    kinds: KINDS,
    compiledSchemas: new Map([
      ['acme.com/v1/widget', WIDGET],
      ['painting', PAINTING],
    ]),
  });
  for (const [file, content] of Object.entries(files)) {
    await checker.check(file, Buffer.from(content));
  }
  checker.finish({
    unresolved: strictRefs ? checker.unresolvedRefs() : new Set(),
    hasTarget: (_, target) => target === './there.yaml',
  });
  return checker;
}

async function found(content: string | Buffer, options = {}) {
  const { findings } = await checkFiles({ 'a.yaml': content }, options);
  return findings.map(
    ({ line, column, severity, code, message }) =>
      `${line}:${column} ${severity} ${code}: ${message}`,
  );
}

const COMPONENT = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: payments
spec:
  type: service
  lifecycle: production
  owner: payments-team
`;

const GOOD = `${COMPONENT}---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: { name: payments, links: [{ url: slack://channel }] }
spec:
  type: openapi
  lifecycle: production
  owner: user:default/eva
  definition:
    $text: ./openapi.yaml
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: payments-team }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: eva }
spec: { memberOf: [payments-team] }
---
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: all }
spec: { targets: [./there.yaml, ./*/catalog-info.yaml, 'https://acme.com/a'] }
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: new-service, description: 'Fills in \${{ values.name }}' }
spec: { type: service, steps: [{ action: a, name: '\${{ parameters.name }}' }] }
---
apiVersion: acme.com/v1
kind: Gadget
metadata: { name: a }
`;

const withMetadata = (lines: string) =>
  COMPONENT.replace('  name: payments\n', `  name: payments\n${lines}`);
const withSpec = (lines: string) => `${COMPONENT}${lines}`;

describe('FileChecker', () => {
  it('finds nothing in files that the catalog takes', async () => {
    expect(await found(GOOD)).toEqual([]);
  });

  it.each<[string, string | Buffer, string | string[], object?]>([
    [
      'an empty file',
      '# later\n---\n',
      '1:1 error file-empty: the document has no entity in it',
    ],
    [
      'UTF-16, as PowerShell writes it',
      Buffer.from('\uFEFFkind: Component', 'utf16le'),
      '1:1 error file-encoding: the document is not UTF-8; save it as UTF-8',
    ],
    [
      'a text with a colon',
      withMetadata('  title: Payments: the service\n'),
      '5:10 error yaml-syntax: the document is not YAML: Nested mappings are not allowed in compact mappings; put the text in quotes if it holds ": ", or correct the indentation',
    ],
    [
      'a merge conflict',
      COMPONENT.replace(
        /( {2}name: .*\n)/,
        '<<<<<<< HEAD\n$1=======\n$1>>>>>>> a\n',
      ),
      '4:1 error yaml-syntax: the document holds the marks of a merge conflict; resolve it',
    ],
    [
      'a name that is no text',
      COMPONENT.replace('payments', '123'),
      '4:9 error entity-invalid: metadata.name is not valid; use letters and digits with "-", "_" or "." between them, at most 63 characters (found 123, which is a text only in quotes)',
    ],
    [
      'a tab',
      withMetadata('\ttitle: a\n'),
      '5:1 error yaml-syntax: the document is not YAML: Tabs are not allowed as indentation; use spaces',
    ],
    [
      'a document that is nested too deeply',
      `a: ${'['.repeat(100_000)}`,
      '1:203 error yaml-syntax: the document is nested more than 200 levels deep',
    ],
    [
      'a key twice',
      withMetadata('  name: refunds\n'),
      '5:3 error yaml-duplicate-key: the document has the key "name" twice; remove one',
    ],
    [
      'an alias bomb',
      `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]`,
      '1:1 error yaml-aliases: the document cannot be read: Excessive alias count indicates a resource exhaustion attack',
    ],
    [
      'an alias of what it stands in',
      withSpec('  loop: &a [*a]\n'),
      '1:1 error yaml-aliases: the document cannot be read: Converting circular structure to JSON',
    ],
    [
      'many aliases',
      `- &a x\n${'- *a\n'.repeat(2000)}`,
      '1001:3 error yaml-aliases: the document has more than 1000 aliases; write out what they stand for',
    ],
    [
      'a list',
      '- kind: Component\n',
      '1:1 error not-a-mapping: the document is a list of 1; write a map with "apiVersion", "kind", "metadata" and "spec"',
    ],
    [
      'bytes',
      '!!binary aGk=',
      '1:10 error not-a-mapping: the document is an object with the keys "0", "1"; write a map with "apiVersion", "kind", "metadata" and "spec"',
    ],
    [
      'no kind',
      COMPONENT.replace('kind: Component\n', ''),
      '1:1 error entity-invalid: kind is missing; write a kind such as "Component"',
    ],
    [
      'empty metadata',
      COMPONENT.replace('\n  name: payments', ' {}'),
      '3:1 error entity-invalid: metadata.name is missing; use letters and digits with "-", "_" or "." between them, at most 63 characters',
    ],
    [
      'annotations as a list, not as missing ones',
      withMetadata('  annotations:\n    - acme.com/id: a\n'),
      '5:3 error entity-invalid: metadata.annotations is a list, and must be a map of keys and values',
      { required: { '*': { annotations: ['acme.com/id'] } } },
    ],
    [
      'an annotation that is no text',
      withMetadata('  annotations:\n    acme.com/id: 5\n'),
      '6:18 error entity-invalid: metadata.annotations["acme.com/id"] is not valid; give a text (found 5, which is a text only in quotes)',
    ],
    [
      'all that is missing, in one go',
      `${COMPONENT.slice(0, COMPONENT.indexOf('spec:'))}spec: {}\n`,
      ['type', 'lifecycle', 'owner'].map(
        field => `5:1 error entity-invalid: spec.${field} is missing`,
      ),
    ],
    [
      'several wrong types',
      withSpec('  dependsOn: component:a\n  system: 5\n').replace(
        'payments-team',
        '[a]',
      ),
      [
        '8:3 error entity-invalid: spec.owner is a list, and must be a text',
        '9:14 error entity-invalid: spec.dependsOn is a string, and must be a list (found "component:a")',
        '10:11 error entity-invalid: spec.system is a number, and must be a text (found 5)',
      ],
    ],
    [
      'fields without a value',
      withSpec('  dependsOn:\n').replace('spec:', '  links:\nspec:'),
      [
        '5:9 error entity-invalid: metadata.links is empty, and must be a list; give it one, or leave the field out',
        '10:13 error entity-invalid: spec.dependsOn is empty, and must be a list; give it one, or leave the field out',
      ],
    ],
    [
      'a Template that the scaffolder refuses',
      `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: a, parameters: [] }
spec:
  parameters: [text]
  steps:
    - name: a
`,
      [
        '4:1 error entity-invalid: spec.type is missing',
        '5:16 error entity-invalid: spec.parameters[0] is a string, and must be a map of keys and values (found "text")',
        '7:7 error entity-invalid: spec.steps[0].action is missing',
      ],
    ],
    [
      'a map of very many keys',
      withSpec(
        Array.from({ length: 10_001 }, (_, key) => `  k${key}: 1\n`).join(''),
      ),
      '6:3 error yaml-syntax: the document has more than 10000 keys in one map',
    ],
    [
      'a field at the top',
      `${COMPONENT}specs:\n  a: 1\n`,
      '9:1 error entity-invalid: specs is no field of an entity; did you mean "spec"?',
    ],
    [
      'a relative link',
      withMetadata('  links:\n    - url: /docs\n'),
      '6:12 error entity-invalid: metadata.links[0].url is not an absolute URL; write one such as "https://example.com"',
    ],
    [
      'a kind in lower case, and what is wrong with it',
      withSpec('  dependsOn: [refunds]\n').replace('Component', 'component'),
      [
        '2:7 error kind-unknown: kind is "component", which the catalog does not know; write "Component"',
        '9:15 error entity-invalid: spec.dependsOn[0] is "refunds", which names no kind; write it before the name, as in "component:default/payments"',
      ],
    ],
    [
      'a misspelt kind',
      COMPONENT.replace('Component', 'Componnet'),
      '2:7 error kind-unknown: kind is "Componnet", which the catalog does not know; did you mean "Component"? ("schemas" of .catalog-check.yaml names kinds of your own)',
    ],
    [
      'a version that does not exist',
      COMPONENT.replace('v1alpha1', 'v1'),
      '1:13 error kind-unknown: apiVersion is "backstage.io/v1", which the catalog does not know; write "backstage.io/v1alpha1" for a Component',
    ],
    [
      'what a schema of the user finds',
      'apiVersion: acme.com/v1\nkind: Widget\nmetadata: { name: a }\nspec: {}\n',
      '4:1 error schema: spec.size is missing',
    ],
    [
      'a misspelt field',
      withSpec('  dependOn: [component:a]\n'),
      '9:3 warning field-misspelt: spec.dependOn is read by nobody; did you mean "dependsOn"?',
    ],
    [
      'misspelt fields of metadata',
      withMetadata(
        '  anotations: { acme.com/a: b }\n  desciption: a\n  etag: a\n',
      ),
      [
        '5:3 warning field-misspelt: metadata.anotations is read by nobody; did you mean "annotations"?',
        '6:3 warning field-misspelt: metadata.desciption is read by nobody; did you mean "description"?',
      ],
    ],
    [
      'missing and empty annotations',
      withMetadata('  annotations:\n    acme.com/b: ""\n'),
      [
        '5:3 error annotation-missing: metadata.annotations["acme.com/a"] is missing, and .catalog-check.yaml requires it',
        '6:17 error annotation-missing: metadata.annotations["acme.com/b"] is empty, and .catalog-check.yaml requires it',
      ],
      {
        required: { component: { annotations: ['acme.com/a', 'acme.com/b'] } },
      },
    ],
    [
      'missing tags',
      withMetadata('  tags: [java]\n'),
      '5:3 error tag-missing: metadata.tags lacks "team-a", which .catalog-check.yaml requires',
      { required: { Component: { tags: ['java', 'team-a'] } } },
    ],
    [
      'a lifecycle and a type',
      COMPONENT,
      [
        '6:9 error type-not-allowed: spec.type is "service", and .catalog-check.yaml allows "website", "library"',
        '7:14 error lifecycle-not-allowed: spec.lifecycle is "production", and .catalog-check.yaml allows "live"',
      ],
      {
        allowed: {
          '*': { lifecycles: ['live'] },
          Component: { types: ['website', 'library'] },
        },
      },
    ],
    [
      'an owner that cannot be',
      COMPONENT.replace('payments-team', 'Team Payments'),
      '8:10 warning ref-malformed: spec.owner is "Team Payments", which no entity can be called; write kind, namespace and name, as in "group:default/payments"',
    ],
    [
      'a target that is not there',
      'apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: { name: all }\nspec:\n  targets:\n    - ./missing.yaml\n',
      '6:7 error target-missing: spec.targets[0] is "./missing.yaml", and there is no such file',
    ],
    [
      'an entity twice',
      `${COMPONENT}---\n${COMPONENT.replace('payments', 'Payments')}`,
      '13:9 error entity-duplicate: metadata.name makes this "component:default/payments", which a.yaml:1 gives already; the catalog takes one of them',
    ],
    [
      'a cycle',
      `${COMPONENT}  dependsOn: [component:b]\n---\n${COMPONENT.replace(
        'payments',
        'b',
      )}  dependsOn:\n    - component:payments\n`,
      [
        '9:15 warning relation-cycle: spec.dependsOn[0] is part of a cycle: component:default/b -> component:default/payments -> component:default/b (dependsOn)',
        '20:7 warning relation-cycle: spec.dependsOn[0] is part of a cycle: component:default/b -> component:default/payments -> component:default/b (dependsOn)',
      ],
    ],
  ])('finds %s', async (...[, content, expected, check]) => {
    expect(await found(content, { check })).toEqual([expected].flat());
  });

  it('finds refs that no file gives where it is asked to, and takes those of other files', async () => {
    const files = {
      'a.yaml': withSpec('  system: shop\n  dependsOn: [resource:other/db]\n'),
      'team.yaml':
        'apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: { name: Payments-Team }\nspec: { type: team, children: [] }\n',
    };
    expect((await checkFiles(files)).findings).toEqual([]);
    const { findings } = await checkFiles(files, { strictRefs: true });
    expect(findings).toMatchObject([
      {
        code: 'ref-unresolved',
        file: 'a.yaml',
        line: 9,
        column: 11,
        path: 'spec.system',
        entityRef: 'component:default/payments',
        message: 'spec.system names "system:default/shop", which no file has',
        source: '  system: shop',
      },
      { line: 10, column: 15, path: 'spec.dependsOn[0]' },
    ]);
  });

  it('says no more of what the catalog replaces', async () => {
    const text = COMPONENT.replace('payments-team', '{ $text: ./owner.txt }')
      .replace(
        'name: payments',
        'name: payments\n  labels: { $json: ./a.json }',
      )
      .replace('type: service', 'type: { $unknown: 5 }');
    expect(await found(text)).toEqual([]);
    expect(await found(text.replace('$json: ./a.json', 'a: 5'))).toHaveLength(
      1,
    );
    expect(
      await found(
        COMPONENT.replace(/spec:[^]*/, 'spec: { $yaml: ./spec.yaml }'),
      ),
    ).toEqual([]);
  });

  it('finds all that a schema of the user says beside what the catalog replaces', async () => {
    const painting = (spec: string) =>
      `apiVersion: acme.com/v1\nkind: Painting\nmetadata: { name: a }\nspec:\n${spec}`;
    expect(
      await found(
        painting('  definition: { $text: ./x }\n  color: blue\n  size: big\n'),
      ),
    ).toEqual([
      '6:10 error schema: spec.color must be one of "red" (found "blue")',
      '7:9 error schema: spec.size is a string, and must be a number (found "big")',
    ]);
    expect(await found(painting('  size: { $json: ./x }\n'))).toEqual([]);
    const tags = '{ $text: ./x }, '.repeat(30);
    const many = withMetadata(`  tags: [${tags}a b]\n`);
    expect(await found(many)).toHaveLength(1);
  });

  it.each(['backstage.io/v1alpha1\nkind: AiResource', 'a.io/v1\nkind: Any'])(
    'warns of no field of a kind that it does not know: %s',
    async kind => {
      const text = withMetadata('  anotations: {}\n').replace(
        'backstage.io/v1alpha1\nkind: Component',
        kind,
      );
      expect(await found(`${text}  dependOn: [a]\n`)).toEqual([]);
    },
  );

  it.each([
    ['Nunjucks', '\u0024{{ values.name | dump }}'],
    ['Cookiecutter', '{{cookiecutter.component_id}}'],
    ['quoted Cookiecutter', '"{{ cookiecutter.component_id }}"'],
    ['another engine', '{{ component_id }}'],
  ])('skips the skeleton of a template: %s', async (_, name) => {
    const skeleton = COMPONENT.replace('name: payments', `name: ${name}`);
    const { findings, skipped } = await checkFiles({
      'a.yaml': `${COMPONENT}---\n${skeleton}`,
    });
    expect(findings).toEqual([]);
    expect(skipped).toEqual([
      { file: 'a.yaml', line: 10, reason: 'the skeleton of a template' },
    ]);
  });

  it.each([
    '  {%- if values.title %}\n  title: a\n  {%- endif %}\n',
    '  title: {{ name }} service\n',
  ])('skips a skeleton that is not YAML', async lines => {
    const { findings, skipped } = await checkFiles({
      'a.yaml': withMetadata(lines),
    });
    expect(findings).toEqual([]);
    expect(skipped).toEqual([
      { file: 'a.yaml', reason: 'the skeleton of a template' },
    ]);
  });

  it.each([
    ['a key twice', withSpec('  type: website\n'), 'yaml-duplicate-key'],
    ['an alias without an anchor', withSpec('  system: *a\n'), 'yaml-aliases'],
    ['a list', '- a\n', 'not-a-mapping'],
    ['a colon in a text', withSpec('  system: a: b\n'), 'yaml-syntax'],
  ])(
    'takes no file for a skeleton whose description speaks of placeholders: %s',
    async (_, text, code) => {
      for (const description of [
        'description: Fills in \u0024{{ values.name }}',
        'description: >\n    Fills in\n\n    \u0024{{ values.name }}',
      ]) {
        const spoken = `${withMetadata(`  ${description}\n`)}---\n${text}`;
        const { findings, skipped } = await checkFiles({ 'a.yaml': spoken });
        expect(skipped).toEqual([]);
        expect(findings.map(finding => finding.code)).toContain(code);
      }
    },
  );

  it('takes no file with a key twice for a skeleton', async () => {
    const text = withMetadata('  title: a # \u0024{{ values.name }}\n');
    expect(await found(`${text}  type: website\n`)).toEqual([
      expect.stringMatching('10:3 error yaml-duplicate-key'),
    ]);
  });

  it('checks a Template that names what it fills in', async () => {
    const text = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: a
  annotations: { acme.com/repository: '\u0024{{ parameters.repoUrl }}' }
`;
    const { findings, skipped } = await checkFiles({ 'a.yaml': text });
    expect(skipped).toEqual([]);
    expect(findings).toMatchObject([{ line: 1, path: 'spec' }]);
  });

  it('reads a file with a byte order mark and CRLF like any other', async () => {
    const text = COMPONENT.replace('payments-team', 'Team A');
    const [expected] = await found(text);
    expect(await found(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual([
      expected,
    ]);
  });

  it('tells of twenty faults of an entity where there are a hundred thousand', async () => {
    const more = `spec:\n  x: [${'a, '.repeat(50_000)}]\n`;
    const other = Array.from({ length: 9_000 }, (_, key) => `k${key}: 1\n`);
    expect(await found(`${COMPONENT}${other.join('')}`)).toHaveLength(20);
    expect(await found(COMPONENT.replace('spec:\n', more))).toEqual([]);
    const tags = withMetadata(`  tags: [${'A, '.repeat(30_000)}]\n`);
    expect((await found(tags)).length).toBeLessThan(25);
    const annotations = Array.from({ length: 30 }, (_, key) => `a.io/k${key}`);
    const check = { required: { '*': { annotations } } };
    expect(await found(COMPONENT, { check })).toHaveLength(20);
  });

  it('gives a code the severity that the rules give it', async () => {
    const text = withSpec('  dependOn: [a]\n');
    const rules = (severity: string) => ({
      check: { severities: { 'field-misspelt': severity } },
    });
    expect(await found(text, rules('error'))).toEqual([
      expect.stringMatching('9:3 error field-misspelt'),
    ]);
    expect(await found(text, rules('off'))).toEqual([]);
    const painting =
      'apiVersion: a.io/v1\nkind: Painting\nmetadata: { tags: 5, name: a }\n';
    const check = { severities: { 'entity-invalid': 'off' } };
    expect(await found(painting, { check })).toEqual([
      '3:19 error schema: metadata.tags is a number, and must be a list (found 5)',
    ]);
  });

  it('takes whatever a file holds, and finds only what stands in it', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...COMPONENT.split(/(?<=[\n: ])/),
        '- ',
        '[',
        ']',
        '{',
        '}',
        '&a ',
        '*a',
        '---\n',
        '...\n',
        '|\n',
        '"',
        '\t',
        '\r\n',
        '? ',
        '<<',
        '!!set ',
        '!!binary ',
        '%YAML 1.1\n---\n',
        '__proto__: ',
        '\u0024{{ values.a }}',
        '$text: ',
        'null',
        '.nan',
        '2020-01-01',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.nat(COMPONENT.length),
        async (pieces, at) => {
          const inserted = pieces.join('');
          const text = COMPONENT.slice(0, at) + inserted + COMPONENT.slice(at);
          for (const content of [inserted, text]) {
            const { findings } = await checkFiles(
              { 'a.yaml': content },
              { strictRefs: true },
            );
            const lines = content.replace(/^\uFEFF/, '').split('\n');
            for (const { code, line, column, source } of findings) {
              expect(FINDING_CODES).toContain(code);
              const shown = lines[line - 1].replace(/\r$/, '');
              expect([shown, '']).toContain(source);
              expect(column).toBeLessThanOrEqual(lines[line - 1].length + 1);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
