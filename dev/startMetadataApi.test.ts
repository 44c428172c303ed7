import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCompany } from './metadataApi/company';
import type { RunningApi } from './metadataApi/listen';
import { startMetadataApi } from './startMetadataApi';

const TOKEN = 'token-of-the-test';
const headers = { Authorization: `Bearer ${TOKEN}` };

describe('startMetadataApi', () => {
  let folder: string;
  let running: RunningApi[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'start-metadata-api-'));
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map(api => api.close()));
    await rm(folder, { recursive: true });
  });

  async function start(port = '0') {
    const file = join(folder, 'repos.yml');
    const api = await startMetadataApi({ token: TOKEN, file, port });
    running.push(api);
    return { file, url: api.url };
  }

  it('serves the company', async () => {
    const { url } = await start();

    const answer = await fetch(`${url}/metadata`, { headers });

    expect(await answer.json()).toEqual({ services: createCompany() });
  });

  it('goes to another port where its own is taken, and says so', async () => {
    const log = jest.spyOn(console, 'log').mockReturnValue();
    const first = await start();
    const { port } = new URL(first.url);

    const second = await start(port);

    expect(second.url).not.toBe(first.url);
    expect(log).toHaveBeenCalledWith(
      `Port ${port} is taken: the stand-in metadata API is at ${second.url}. METADATA_API_PORT chooses another.`,
    );
    log.mockRestore();
  });

  it('knows a record of the file by its app, or else its repository', async () => {
    const { file, url } = await start();
    await writeFile(
      file,
      '- { app_name: feed, repo_name: licensify }\n- repo_name: router\n',
    );
    const ask = async (id: string) =>
      (await fetch(`${url}/file/${id}`, { headers })).status;

    expect(await ask('feed')).toBe(200);
    expect(await ask('router')).toBe(200);
    expect(await ask('licensify')).toBe(404);
  });
});
