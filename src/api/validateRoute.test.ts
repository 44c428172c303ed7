import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { gzipSync } from 'node:zlib';
import { runCli } from '../cli/__testUtils__/runCli';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const component = (more = '', metadata = '') =>
  `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: a
${metadata}spec:
  type: service
  lifecycle: production
  owner: team-a
${more}`;

const bomb = ['a: &a [x, x]']
  .concat(
    [...'bcdefghijklmnopqrstuvw'].map(
      (name, index) =>
        `${name}: &${name} [${`*${String.fromCharCode(97 + index)}, `.repeat(
          9,
        )}]`,
    ),
  )
  .join('\n');

describe('POST /validate', () => {
  let api: ServedApi;
  const hidden = new Set<string>();
  const asked: string[] = [];

  async function serve(before?: express.RequestHandler) {
    const isVisible = (ref: string) => {
      asked.push(ref);
      return !hidden.has(ref);
    };
    const allowed = ['catalog.entity.validate'];
    api = await serveApi({ allowed, isVisible, before });
  }
  const validate = (
    text: string | Buffer,
    contentType: string = 'text/yaml',
    path: string = '/validate',
  ) =>
    api.call(`POST ${path}`, {
      text,
      headers: { 'content-type': contentType },
    });

  afterEach(async () => {
    await api.stop();
    hidden.clear();
    asked.length = 0;
  });

  /** What the command line says of the same text. */
  async function offline(text: string, ...options: string[]) {
    const cwd = mkdtempSync(join(tmpdir(), 'validate-'));
    try {
      writeFileSync(join(cwd, 'catalog-info.yaml'), text);
      const args = ['validate', '--format=json', ...options];
      return JSON.parse((await runCli(args, { cwd })).stdout);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  }

  it.each<[name: string, text: string, codes: string[]]>([
    ['a good file', component(), []],
    ['an empty file', '', ['file-empty']],
    ['what is not YAML', 'a: [b\nc: d', ['yaml-syntax']],
    ['an alias bomb', bomb, ['yaml-aliases']],
    [
      'no kind',
      component().replace('kind: Component\n', ''),
      ['entity-invalid'],
    ],
    [
      'annotations as a list',
      component('', '  annotations: [a]\n'),
      ['entity-invalid'],
    ],
    ['a list of entities', JSON.stringify([{ kind: 'a' }]), ['not-a-mapping']],
    ['a skeleton', component().replace('name: a', 'name: ${{ values.a }}'), []],
    [
      'several documents',
      `${component('  dependOn: []\n')}---\n${component()}---\nkind: [`,
      ['field-misspelt', 'entity-duplicate', 'yaml-syntax'],
    ],
  ])('finds what the command line finds in %s', async (_, text, codes) => {
    await serve();
    const { status, body } = await validate(text);
    expect(status).toBe(200);
    expect(body).toEqual(await offline(text));
    expect(body.findings.map(({ code }: any) => code).sort()).toEqual(
      codes.sort(),
    );
  });

  it('takes JSON, with the lines of its text', async () => {
    await serve();
    const entity = { apiVersion: 'backstage.io/v1alpha1', kind: 'Componet' };
    const text = JSON.stringify(entity, null, 2);
    const { body } = await validate(text, 'application/json; charset=utf-8');
    expect(body).toEqual(await offline(text));
    expect(body.findings).toContainEqual(
      expect.objectContaining({ line: 3, code: 'kind-unknown' }),
    );
  });

  it('looks up only refs that the file does not give, as what the caller may read', async () => {
    await serve();
    hidden.add('group:default/team-a');
    const text = `${component('  system: b\n  dependsOn: [component:a2]\n')}---
${component().replace('name: a', 'name: a2')}`;
    const { body } = await validate(text);
    expect(asked.sort()).toEqual(['group:default/team-a', 'system:default/b']);
    expect(
      body.findings.map(({ line, message }: any) => [line, message]),
    ).toEqual(
      [8, 19].map(line => [
        line,
        'spec.owner names "group:default/team-a", which neither the files nor what you may read of the catalog have',
      ]),
    );
    const strict = await offline(text, '--strict-refs');
    expect(strict.findings.map(({ code }: any) => code)).toContain(
      body.findings[0].code,
    );
  });

  it('fetches nothing that a file names', async () => {
    await serve();
    const text = `apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: a }
spec:
  targets: [./other.yaml, 'http://127.0.0.1:1/catalog-info.yaml']
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: { name: a }
spec:
  type: openapi
  lifecycle: production
  owner: team-a
  definition: { $text: http://127.0.0.1:1/openapi.yaml }
`;
    const fetched = jest.spyOn(globalThis, 'fetch');
    expect((await validate(text)).body.findings).toEqual([]);
    // The call itself.
    expect(fetched).toHaveBeenCalledTimes(1);
    fetched.mockRestore();
  });

  it('takes a megabyte that is mostly one text', async () => {
    await serve();
    const text = component(`  definition: |\n${'    - a: b\n'.repeat(85_000)}`);
    expect(text.length).toBeGreaterThan(900_000);
    expect(await validate(text)).toMatchObject({
      status: 200,
      body: { findings: [] },
    });
  });

  it.each<[name: string, text: string]>([
    ['more than a megabyte', 'x'.repeat(2_000_000)],
    ['thousands of entities', `${component()}---\n`.repeat(1000)],
    ['very many lists', '['.repeat(900_000)],
  ])('refuses %s, and says what to do', async (_, text) => {
    await serve();
    const { status, body } = await validate(text);
    expect(status).toBe(413);
    expect(body.error).toMatchObject({ name: 'PayloadTooLargeError' });
    expect(body.error.message).toMatch(
      /^The (body|file) has more than \d+ .*; check it with the command "catalog-custom-data validate"/,
    );
  });

  it('gives a thousand findings at most, and none of its texts is long', async () => {
    await serve();
    hidden.add('a:default/b');
    const refs = `  dependsOn: [${'a:b, '.repeat(4000)}'${'x'.repeat(
      500_000,
    )}']\n`;
    const text = component(refs);
    const { status, body } = await validate(text);
    expect(status).toBe(200);
    expect(body.findings).toHaveLength(1000);
    expect(body.errors).toBeGreaterThan(3999);
    expect(JSON.stringify(body).length).toBeLessThan(2_000_000);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', ''])(
    'takes the text whatever its Content-Type says: %s',
    async contentType => {
      await serve();
      expect(await validate(component(), contentType)).toMatchObject({
        status: 200,
        body: { files: 1, findings: [] },
      });
    },
  );

  it('refuses parameters, which it has none of', async () => {
    await serve();
    const path = '/validate?strict=true';
    const { status, body } = await validate(component(), undefined, path);
    expect(status).toBe(400);
    expect(body.error.message).toContain('"strict"');
  });

  it('reads a compressed body, within the same limit', async () => {
    await serve();
    const send = (text: Buffer) =>
      api.call('POST /validate', {
        text,
        headers: { 'content-type': 'text/yaml', 'content-encoding': 'gzip' },
      });
    const { body } = await send(gzipSync(component('  dependOn: []\n')));
    expect(body).toMatchObject({ warnings: 1 });
    expect((await send(gzipSync('x'.repeat(2_000_000)))).status).toBe(413);
    expect((await send(Buffer.from('no gzip'))).status).toBe(400);
  });

  it('is for callers who may validate entities', async () => {
    api = await serveApi({
      allowed: ['catalog.ingestion.read', 'catalog.entity.read'],
    });
    expect((await validate(component())).status).toBe(403);
    const call = { text: component(), as: 'nobody' as const };
    expect((await api.call('POST /validate', call)).status).toBe(401);
  });

  it('says so where another module took the body before', async () => {
    await serve(express.json());
    const { status, body } = await validate('{}', 'application/json');
    expect(status).toBe(500);
    expect(body.error.message).toContain('another module mounts a body parser');
  });
});
