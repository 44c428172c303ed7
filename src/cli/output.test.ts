import { closeServers, startServer } from '../sources/__testUtils__/servers';
import { sendJson } from '../sources/__testUtils__/startSource';
import { runCli } from './__testUtils__/runCli';
import { describeItem, describeTable } from './output';

const terminal = { stdout: { isTTY: false, write: () => {} }, env: {} } as any;

describe('the output for people', () => {
  afterEach(closeServers);

  it('leaves out what is empty, lists included', () => {
    const item = { name: 'a', tags: [], reason: null, nested: { list: [] } };
    expect(describeItem(terminal, item)).toEqual(['name  a']);
    const rows = [item, { name: 'b', tags: [] }];
    expect(
      describeTable(terminal, rows, ['name', 'tags', 'nested.list']),
    ).toEqual(['NAME', 'a', 'b']);
  });

  it('shows lists of any length', async () => {
    const items = Array.from({ length: 200_000 }, (_, i) => ({ version: i }));
    const { origin } = await startServer((_, response) =>
      sendJson(response, { items, pageInfo: {} }),
    );
    const { status, stdout, stderr } = await runCli([
      ...['deployments', '--all', '--url', origin],
    ]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/\n199999\n$/);
  });
});
