import type { JsonObject } from '@backstage/types';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Registry = Awaited<ReturnType<typeof startRegistry>>;

/** A metadata API over a real socket, whose records a test changes. */
export async function startRegistry() {
  const state = {
    records: new Map<string, JsonObject>(),
    status: 200,
    /** Path and status of every answer. */
    answers: [] as string[],
  };
  const server = createServer((req, res) => {
    const [path] = req.url!.split('?');
    const id = decodeURIComponent(path.replace(/^\/metadata\/?/, ''));
    const content = id ? state.records.get(id) : [...state.records.values()];
    const body = JSON.stringify(content);
    const etag = `"${createHash('sha256').update(`${body}`).digest('hex')}"`;
    let status = content === undefined ? 404 : state.status;
    if (status === 200 && req.headers['if-none-match'] === etag) {
      status = 304;
    }
    state.answers.push(`${req.url} ${status}`);
    res.writeHead(status, { 'Content-Type': 'application/json', ETag: etag });
    res.end(status === 200 ? body : undefined);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/metadata`,
    state,
    put: (id: string, team: string = 'team-a', more: JsonObject = {}) =>
      state.records.set(id, { serviceId: id, team, ...more }),
    stop: () =>
      new Promise(resolve => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
