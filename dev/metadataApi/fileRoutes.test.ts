import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestApi, type TestApi } from './testing';

describe('/file', () => {
  let folder: string;
  let path: string;
  let api: TestApi;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'metadata-api-'));
    path = join(folder, 'repos.yml');
    api = await startTestApi({ file: { path, idOf: record => record.name } });
  });
  afterEach(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['JSON', '[{ "name": "one", "url": false }, { "name": "two" }]'],
    ['YAML', '- name: one\n  url: false\n- name: two\n'],
  ])('serves a %s file as a plain list, and one record', async (_, text) => {
    await writeFile(path, text);

    const list = await api.request('/file');
    const single = await api.request('/file/one');

    expect(await list.json()).toEqual([
      { name: 'one', url: false },
      { name: 'two' },
    ]);
    expect(await single.json()).toEqual({ name: 'one', url: false });
    expect((await api.request('/file/three')).status).toBe(404);
  });

  it('answers 304 until the file is edited', async () => {
    await writeFile(path, '- name: one\n');
    const etag = (await api.request('/file')).headers.get('etag')!;
    const ask = () => api.requestIfChanged('/file', etag);
    expect((await ask()).status).toBe(304);

    await writeFile(path, '- name: other\n');

    const changed = await ask();
    expect([changed.status, await changed.json()]).toEqual([
      200,
      [{ name: 'other' }],
    ]);
  });

  it('wants the token', async () => {
    expect((await fetch(`${api.url}/file`)).status).toBe(401);
  });

  it('says what to do where the file is missing', async () => {
    const answer = await api.request('/file');

    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      error: expect.stringMatching(/repos\.yml" cannot be read.*METADATA_FILE/),
    });
  });

  it.each([
    ['what is not a list', 'name: one', 'not a list of records'],
    ['what is not YAML', '- name: "one', 'quote'],
  ])('fails on %s', async (_, text, message) => {
    await writeFile(path, text);

    const answer = await api.request('/file');

    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining(message),
    });
  });
});
