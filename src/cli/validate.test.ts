import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { runCli } from './__testUtils__/runCli';

const component = (name: string, spec = '') =>
  `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${name}
spec:
  type: service
  lifecycle: production
  owner: team-a
${spec}`;

const TEAM = `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: team-a }
spec: { type: team, children: [] }
`;

const FAULTY = component('a b', '  dependOn: []\n');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'validate-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

const validate = (...argv: string[]) =>
  runCli(['validate', ...argv], { cwd: root });

/** The findings and skipped files of a call, in short. */
async function found(...argv: string[]) {
  const { status, stdout, stderr } = await validate(...argv, '--format=json');
  expect(stderr).toBe('');
  const { findings, skipped, files } = JSON.parse(stdout);
  return {
    status,
    files,
    findings: findings.map((f: any) => `${f.file}:${f.line} ${f.code}`),
    skipped: skipped.map((s: any) => `${s.file}: ${s.reason}`),
  };
}

describe('validate', () => {
  describe('formats', () => {
    const SKELETON = component('${{ values.name }}');
    beforeEach(() =>
      write({
        '100%/a,b:c.yaml': FAULTY,
        'good.yaml': TEAM,
        'skeleton.yaml': SKELETON,
        'warned.yaml': component('c', '  dependOn: []\n'),
      }),
    );

    const MESSAGE =
      'metadata.name is "a b", which is not valid; use letters and digits with "-", "_" or "." between them, at most 63 characters';
    const WARNING =
      'spec.dependOn is read by nobody; did you mean "dependsOn"?';
    const skipped = 'the skeleton of a template';

    it.each<[string, string]>([
      [
        'text',
        `100%/a,b:c.yaml:4:9 error ${MESSAGE} [entity-invalid]
  4 |   name: a b
    |         ^
100%/a,b:c.yaml:9:3 warning ${WARNING} [field-misspelt]
  9 |   dependOn: []
    |   ^
warned.yaml:9:3 warning ${WARNING} [field-misspelt]
  9 |   dependOn: []
    |   ^
skeleton.yaml:1: skipped, ${skipped}
1 error, 2 warnings; 4 files checked, 1 skipped
`,
      ],
      [
        'github',
        `::error file=100%25/a%2Cb%3Ac.yaml,line=4,col=9,title=entity-invalid::${MESSAGE}
::warning file=100%25/a%2Cb%3Ac.yaml,line=9,col=3,title=field-misspelt::${WARNING}
::warning file=warned.yaml,line=9,col=3,title=field-misspelt::${WARNING}
::notice file=skeleton.yaml,line=1::Skipped: ${skipped}
`,
      ],
      [
        'junit',
        `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="catalog-custom-data validate" tests="5" failures="1" errors="0">
  <testsuite name="catalog-custom-data validate" tests="5" failures="1" errors="0" skipped="1">
    <testcase classname="100%/a,b:c.yaml" name="entity-invalid at 4:9">
      <failure message="${escape(MESSAGE)}" type="entity-invalid">${escape(
          `100%/a,b:c.yaml:4:9 error ${MESSAGE}`,
        )}</failure>
    </testcase>
    <testcase classname="good.yaml" name="valid"/>
    <testcase classname="skeleton.yaml" name="valid"/>
    <testcase classname="warned.yaml" name="valid">
      <system-out>${escape(`warned.yaml:9:3 warning ${WARNING}`)}</system-out>
    </testcase>
    <testcase classname="skeleton.yaml" name="line 1">
      <skipped message="${skipped}"/>
    </testcase>
  </testsuite>
</testsuites>
`,
      ],
    ])('writes %s', async (format, expected) => {
      const { status, stdout } = await validate(
        '**/*.yaml',
        '--format',
        format,
      );
      expect(stdout).toBe(expected);
      expect(status).toBe(1);
    });

    function escape(text: string): string {
      return text.replaceAll('"', '&quot;');
    }

    it('writes junit without the characters that XML forbids', async () => {
      const name = '"a\uFFFEb\uFFFFc"';
      write({ 'catalog-info.yaml': component(name) });
      const { stdout } = await validate('--format', 'junit');
      expect(stdout).toContain('a\uFFFDb\uFFFDc');
      expect(stdout).not.toMatch(/[\uFFFE\uFFFF]/);
    });

    it('writes json', async () => {
      const { stdout } = await validate('**/*.yaml', '--format', 'json');
      const of = (file: string) => ({ file, entityRef: 'component:default/c' });
      const warning = {
        code: 'field-misspelt',
        severity: 'warning',
        message: WARNING,
        line: 9,
        column: 3,
        source: '  dependOn: []',
        path: 'spec.dependOn',
      };
      expect(JSON.parse(stdout)).toEqual({
        files: 4,
        errors: 1,
        warnings: 2,
        findings: [
          {
            code: 'entity-invalid',
            severity: 'error',
            message: MESSAGE,
            file: '100%/a,b:c.yaml',
            line: 4,
            column: 9,
            source: '  name: a b',
            path: 'metadata.name',
            entityRef: 'component:default/a b',
          },
          {
            ...warning,
            file: '100%/a,b:c.yaml',
            entityRef: 'component:default/a b',
          },
          { ...warning, ...of('warned.yaml') },
        ],
        skipped: [{ file: 'skeleton.yaml', line: 1, reason: skipped }],
      });
    });

    it('writes sarif', async () => {
      const { stdout } = await validate('**/*.yaml', '--format', 'sarif');
      const { version, runs } = JSON.parse(stdout);
      expect([version, runs.length]).toEqual(['2.1.0', 1]);
      const [{ tool, results, invocations }] = runs;
      const location = (
        uri: string,
        startLine: number,
        startColumn: number,
      ) => ({
        physicalLocation: {
          artifactLocation: { uri },
          region: { startLine, startColumn },
        },
      });
      const ruleOf = (id: string) =>
        tool.driver.rules.findIndex((rule: any) => rule.id === id);
      const meaning = { text: 'there is no entity in the file' };
      expect(tool.driver.rules[ruleOf('file-empty')]).toEqual({
        id: 'file-empty',
        shortDescription: meaning,
        fullDescription: meaning,
        help: meaning,
        defaultConfiguration: { level: 'error' },
      });
      const warning = {
        ruleId: 'field-misspelt',
        ruleIndex: ruleOf('field-misspelt'),
        level: 'warning',
        message: { text: WARNING },
      };
      expect(results).toEqual([
        {
          ruleId: 'entity-invalid',
          ruleIndex: ruleOf('entity-invalid'),
          level: 'error',
          message: { text: MESSAGE },
          locations: [location('100%25/a%2Cb%3Ac.yaml', 4, 9)],
        },
        { ...warning, locations: [location('100%25/a%2Cb%3Ac.yaml', 9, 3)] },
        { ...warning, locations: [location('warned.yaml', 9, 3)] },
      ]);
      expect(invocations[0].toolExecutionNotifications).toMatchObject([
        { level: 'note', message: { text: `Skipped: ${skipped}` } },
      ]);
    });
  });

  it('checks the manifests of a directory, and all files that a pattern matches', async () => {
    write({
      'catalog-info.yaml': TEAM,
      'a/catalog-info.yml': component('a'),
      'a/b/catalog-info.yaml': FAULTY,
      'a/b/other.yaml': FAULTY,
      'a/node_modules/x/catalog-info.yaml': FAULTY,
      '.git/catalog-info.yaml': FAULTY,
      '.github/workflows/catalog-info.yml': 'on: push\n',
    });
    const inB = [
      'a/b/catalog-info.yaml:4 entity-invalid',
      'a/b/catalog-info.yaml:9 field-misspelt',
    ];
    expect(await found()).toMatchObject({ status: 1, files: 3, findings: inB });
    expect(await found('a/*')).toMatchObject({ status: 0, files: 1 });
    expect(await found('a/*/catalog-info.yaml')).toMatchObject({
      files: 1,
      findings: inB,
    });
    expect(await found('--path', 'a/**/*.yaml')).toMatchObject({ files: 2 });
    expect(await found(join(root, 'a'), 'a/catalog-info.yml')).toMatchObject({
      files: 2,
      findings: inB,
    });
  });

  it('skips links out of the directory with a word, and reads those within', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    write({ 'in/deploy.yaml': FAULTY });
    writeFileSync(join(outside, 'catalog-info.yaml'), FAULTY);
    symlinkSync(outside, join(root, 'in/directory'));
    symlinkSync(
      join(outside, 'catalog-info.yaml'),
      join(root, 'in/catalog-info.yml'),
    );
    symlinkSync('deploy.yaml', join(root, 'in/catalog-info.yaml'));
    symlinkSync('/usr/bin/env', join(root, 'in/python'));
    mkdirSync(join(root, 'in/x'));
    symlinkSync('..', join(root, 'in/x/up'));
    symlinkSync('nowhere', join(root, 'in/x/catalog-info.yaml'));
    symlinkSync('itself', join(root, 'in/x/itself'));
    symlinkSync('catalog-info.yml', join(root, 'in/x/catalog-info.yml'));
    expect(await found('in')).toEqual({
      status: 1,
      files: 1,
      findings: [
        'in/catalog-info.yaml:4 entity-invalid',
        'in/catalog-info.yaml:9 field-misspelt',
      ],
      skipped: [
        'in/catalog-info.yml: a symbolic link that leads out of the directory',
        'in/directory: a symbolic link that leads out of the directory',
        'in/x/catalog-info.yaml: a symbolic link that leads nowhere',
        'in/x/catalog-info.yml: a symbolic link that leads nowhere',
      ],
    });
    rmSync(outside, { recursive: true });
  });

  it('refuses a large file without reading it', async () => {
    write({ 'catalog-info.yaml': '' });
    // A file that no memory holds, and that takes no room on the disk.
    truncateSync(join(root, 'catalog-info.yaml'), 1e12);
    const { stdout } = await validate();
    expect(stdout).toBe(
      'catalog-info.yaml:1:1 error the document has 1000000000000 bytes, and a manifest may have 5000000 [file-too-large]\n1 error, 0 warnings; 1 file checked\n',
    );
  });

  it('fails for warnings beyond --max-warnings alone', async () => {
    write({ 'catalog-info.yaml': component('a', '  dependOn: []\n') });
    expect(await found()).toMatchObject({ status: 0 });
    expect(await found('--max-warnings', '1')).toMatchObject({ status: 0 });
    expect(await found('--max-warnings', '0')).toMatchObject({ status: 1 });
  });

  it('knows whether the target of a Location is there, from the file of the Location', async () => {
    write({
      'a/catalog-info.yaml':
        'apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: { name: a }\nspec:\n  targets:\n    - ./b.yaml\n    - ../b.yaml\n',
      'a/b.yaml': TEAM,
    });
    expect((await found()).findings).toEqual([
      'a/catalog-info.yaml:7 target-missing',
    ]);
  });

  it('shows a file from elsewhere, with tabs and control characters, as it can be read', async () => {
    write({ 'a.yaml': `${component('a')}  \u0024x: "\tb\u001b[31m"\t: c\n` });
    const { stdout } = await validate('a.yaml');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/ {2}9 \| {3}\$x: "\tb\uFFFD\[31m"\t: c\n/);
  });

  it.each<[string[], string]>([
    [['nowhere'], 'There is no file or directory "nowhere"'],
    [['x/**/*.yaml'], 'No file matches "x/**/*.yaml"'],
    [
      ['empty'],
      '"empty" has no catalog-info.yaml in it; name the files, or a pattern such as "**/*.yaml"',
    ],
    [['--format', 'sarf'], '--format is "sarf"; did you mean "sarif"?'],
    [
      ['--max-warnings', 'no'],
      '--max-warnings must be a whole number, not "no"',
    ],
    [
      ['--catalog', 'localhost:7007'],
      '--catalog is "localhost:7007", which is no http or https URL',
    ],
    [
      ['--config', 'none.yaml'],
      'none.yaml cannot be read; caused by Error: ENOENT',
    ],
  ])('answers the wrong call %j with status 2', async (argv, expected) => {
    write({ 'catalog-info.yaml': component('a'), 'empty/a.txt': '' });
    const { status, stdout, stderr } = await validate(...argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(expected);
  });

  describe('.catalog-check.yaml', () => {
    it('is found above the working directory, and names schemas from where it stands', async () => {
      write({
        '.catalog-check.yaml':
          'required:\n  Component: { annotations: [acme.com/id] }\nschemas:\n  acme.com/v1/Widget: schemas/widget.json\n  Gadget: schemas/gadget.yaml\n',
        'schemas/widget.json': '{"properties":{"spec":{"required":["size"]}}}',
        'schemas/gadget.yaml':
          'allOf:\n  - $ref: Entity\n  - type: object\n    required: [spec]\n',
        'sub/catalog-info.yaml': `${component(
          'a',
        )}---\napiVersion: acme.com/v1\nkind: Widget\nmetadata: { name: w }\nspec: {}\n---\napiVersion: acme.com/v1\nkind: Gadget\nmetadata: { name: g }\n`,
      });
      const { stdout } = await runCli(['validate', '--format=json'], {
        cwd: resolve(root, 'sub'),
      });
      expect(
        JSON.parse(stdout).findings.map((f: any) => [f.line, f.code, f.path]),
      ).toEqual([
        [3, 'annotation-missing', 'metadata.annotations["acme.com/id"]'],
        [13, 'schema', 'spec.size'],
        [15, 'schema', 'spec'],
      ]);
    });

    it.each([
      ['require: {}', 'unknown key "require", did you mean "required"?'],
      [
        'required: { Component: { annotation: [a] } }',
        'required.Component.annotation: unknown key "annotation", did you mean "annotations"?',
      ],
      [
        'severities: { schema: warn }',
        'severities.schema: must be "error", "warning" or "off"',
      ],
      ['- a', 'must be a map of keys and values, not a list'],
      ['a: b: c', 'rules.yaml cannot be read; caused by YAMLParseError'],
      [
        'schemas: { A: none.json }',
        'none.json cannot be read; caused by Error',
      ],
      [
        'schemas: { A: a.json }',
        'a.json, the schema of "A"; caused by InputError: cannot be used as a JSON Schema; check the spelling of the keyword',
      ],
    ])('says what is wrong with it: %s', async (text, expected) => {
      write({
        'rules.yaml': text,
        'catalog-info.yaml': TEAM,
        'a.json': '{"propertys":{}}',
      });
      const { status, stderr } = await validate('--config', 'rules.yaml');
      expect(status).toBe(2);
      expect(stderr).toContain(expected);
    });
  });

  describe('--catalog', () => {
    const stops: Array<() => void> = [];
    afterEach(() => stops.splice(0).forEach(stop => stop()));

    async function serve(listener: RequestListener): Promise<string> {
      const server = createServer(listener).listen(0, '127.0.0.1');
      await once(server, 'listening');
      stops.push(() => server.close());
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    /** Knows entities of the team alone. */
    const catalog: RequestListener = async (request, response) => {
      const { entityRefs, fields } = JSON.parse(
        Buffer.concat(await request.toArray()).toString(),
      );
      expect(request.url).toBe('/api/catalog/entities/by-refs');
      expect(fields).toEqual(['kind']);
      expect(entityRefs.length).toBeLessThanOrEqual(200);
      if (request.headers.authorization !== 'Bearer secret') {
        response.statusCode = 401;
      }
      const items = entityRefs.map((ref: string) =>
        ref === 'group:default/team-a' ? { kind: 'Group' } : null,
      );
      response.end(JSON.stringify({ items }));
    };

    it('asks for what no file gives, and finds what the catalog lacks either', async () => {
      const spec = `  dependsOn:\n${Array.from(
        { length: 500 },
        (_, index) => `    - component:other-${index}\n`,
      ).join('')}    - component:b\n`;
      write({
        'catalog-info.yaml': component('a', spec),
        'b/catalog-info.yaml': component('b', '  system: shop\n'),
      });
      const url = await serve(catalog);
      const { findings } = await found('--catalog', url, '--token', 'secret');
      expect(findings).toHaveLength(501);
      expect(findings[0]).toBe('b/catalog-info.yaml:9 ref-unresolved');
      const { stdout } = await runCli(
        ['validate', 'b', '--catalog', `${url}/api/catalog/`],
        { cwd: root, env: { CATALOG_TOKEN: 'secret' } },
      );
      expect(stdout).toContain(
        'spec.system names "system:default/shop", which neither the files nor the catalog have [ref-unresolved]',
      );
    });

    it.each<[string, RequestListener, string | RegExp]>([
      [
        'refuses the token',
        catalog,
        'answered 401: give a token of it with --token, or in CATALOG_TOKEN',
      ],
      [
        'is a frontend',
        (_, response) => response.end('<!doctype html>'),
        'gave no list of entities: check the URL, which is that of the backend',
      ],
      [
        'breaks off',
        (_, response) => response.destroy(),
        /"http:\/\/127\.0\.0\.1:\d+" cannot be reached: /,
      ],
    ])(
      'ends with status 2 if the catalog %s',
      async (_, listener, expected) => {
        write({ 'catalog-info.yaml': component('a') });
        const url = await serve(listener);
        const { status, stdout, stderr } = await validate('--catalog', url);
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
        expect(stderr).toMatch(expected);
      },
    );
  });

  it.each([
    ['http://u:s3cret@host', 'token'],
    ['http://u:s3cret@host:port', 'token'],
    ['ftp://u:s3cret@host', 'token'],
    ['http://host', 's3cret\u0001'],
  ])('quotes no secret of a wrong call: %j, %j', async (url, token) => {
    write({ 'catalog-info.yaml': component('a') });
    const { status, stderr } = await validate(
      ...['--catalog', url, '--token', token, '--verbose'],
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/must not have a user name|has a blank or another/);
    expect(stderr).not.toContain('s3cret');
  });

  it('runs as a command of its own', () => {
    write({ 'catalog-info.yaml': component('a') });
    const bin = resolve(__dirname, '../../bin/catalog-custom-data.js');
    expect(
      execFileSync(process.execPath, [bin, 'validate'], {
        cwd: root,
        encoding: 'utf8',
      }),
    ).toBe('0 errors, 0 warnings; 1 file checked\n');
  });
});
