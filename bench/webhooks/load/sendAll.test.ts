import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequest, toBytes } from '../createRequest';
import { sendAll } from './sendAll';

async function sendTo(answer: RequestListener, count: number) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const requests = Array.from({ length: count }, (_, index) =>
    toBytes(
      createRequest({
        subject: 'bare',
        id: `${index}`,
        service: 'a',
        time: new Date(0),
      }),
    ),
  );
  const measured = await sendAll({
    port: (server.address() as AddressInfo).port,
    connections: 3,
    requests,
    status: 202,
  });
  server.closeAllConnections();
  server.close();
  return measured;
}

describe('sendAll', () => {
  it('sends each request once, whole, over few connections', async () => {
    const seen: string[] = [];
    const ports = new Set<number>();
    const measured = await sendTo((req, res) => {
      let bytes = 0;
      ports.add(req.socket.remotePort!);
      req.on('data', chunk => {
        bytes += chunk.length;
      });
      req.on('end', () => {
        seen.push(`${req.headers['x-catalog-delivery']}: ${bytes}`);
        res.writeHead(202).end('{}');
      });
    }, 20);
    expect(seen.sort()).toEqual(
      Array.from({ length: 20 }, (_, index) => `${index}: 8000`).sort(),
    );
    expect(ports.size).toBe(3);
    expect(measured).toMatchObject({ errors: 0, statuses: { 202: 20 } });
    expect(measured.p99Ms).toBeGreaterThanOrEqual(measured.p50Ms);
  });

  it('counts as an error what is answered otherwise, or not at all', async () => {
    let nth = 0;
    const measured = await sendTo((req, res) => {
      nth += 1;
      if (nth === 4) {
        req.socket.destroy();
        return;
      }
      req.resume();
      req.on('end', () => res.writeHead(nth % 5 ? 202 : 503).end());
    }, 10);
    expect(measured.errors).toBeGreaterThanOrEqual(2);
    expect(measured.statuses[0]).toBe(1);
    expect(measured.statuses[503]).toBeGreaterThanOrEqual(1);
  });
});
