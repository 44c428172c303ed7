import type { JsonObject } from '@backstage/types';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { sendWebhook, type SendOptions } from '../sendWebhook';

const ROOT = resolve(__dirname, '../../..');
const TOKEN = 'a-token-of-the-test-process';

export type Replica = Awaited<ReturnType<typeof startReplica>>;

/**
 * A backend with the catalog and this module in a process of its own, which a
 * test may kill. Several of them share a database.
 */
export async function startReplica(options: {
  connection: JsonObject;
  customData: JsonObject;
  /** How soon another takes over what a killed process was processing; an hour. */
  processingInterval?: JsonObject;
}) {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      '--require',
      '@backstage/cli/config/nodeTransform.cjs',
      join(__dirname, 'main.ts'),
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        REPLICA_CONFIG: JSON.stringify(configOf({ ...options, port })),
      },
    },
  );
  const exited = once(child, 'exit');
  const output: string[] = [];
  const ready = new Promise<void>(done => {
    const read = (data: Buffer) => {
      output.push(`${data}`);
      if (`${data}`.includes('READY')) {
        done();
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  await Promise.race([
    ready,
    exited.then(() => {
      throw new Error(`The replica did not start:\n${output.join('')}`);
    }),
  ]);
  const url = `http://127.0.0.1:${port}/api/catalog`;
  return {
    /** What the catalog answers below `/api/catalog`. */
    get: async (path: string): Promise<any> => {
      const headers = { Authorization: `Bearer ${TOKEN}` };
      const response = await fetch(`${url}${path}`, { headers });
      if (!response.ok) {
        throw new Error(`${path} answered ${response.status}`);
      }
      return response.json();
    },
    /** Calls a route below `/api/catalog/custom-data`. */
    call: async (
      call: string,
      more: { body?: unknown; headers?: Record<string, string> } = {},
    ) => {
      const [method, path] = call.split(' ');
      const response = await fetch(`${url}/custom-data${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${TOKEN}`,
          'Content-Type': 'application/json',
          ...more.headers,
        },
        body: more.body === undefined ? undefined : JSON.stringify(more.body),
      });
      const text = await response.text();
      return {
        status: response.status,
        etag: response.headers.get('etag') ?? '',
        body: text ? JSON.parse(text) : undefined,
      };
    },
    /** Posts a webhook; a text goes as it stands. */
    post: (payload: object | string, more?: SendOptions) =>
      sendWebhook(url, payload, more),
    /** As a lost machine: nothing is said, given back or ended. */
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function configOf(options: {
  connection: JsonObject;
  customData: JsonObject;
  processingInterval?: JsonObject;
  port: number;
}): JsonObject {
  const { connection, customData, port } = options;
  const { processingInterval = { hours: 1 } } = options;
  return {
    backend: {
      baseUrl: `http://127.0.0.1:${port}`,
      listen: { host: '127.0.0.1', port },
      database: { client: 'pg', connection, pluginDivisionMode: 'schema' },
      auth: {
        externalAccess: [
          { type: 'static', options: { token: TOKEN, subject: 'test' } },
        ],
      },
    },
    catalog: {
      rules: [{ allow: ['Component'] }],
      processingInterval,
      stitchingStrategy: {
        pollingInterval: { milliseconds: 100 },
        // Likewise, of what it was stitching.
        stitchTimeout: { seconds: 5 },
      },
      customData,
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
