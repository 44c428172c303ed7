import type { Express } from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RunningApi {
  url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Serves an app on this machine only; rejects when the port is taken. */
export async function listen(app: Express, port: number): Promise<RunningApi> {
  const server = createServer(app).listen(port, HOST);
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${actual}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
