import { Agent, request } from 'node:http';
import { rotate, type Options } from '../lib/options';
import type { Postgres } from '../lib/postgres';
import type { Report } from '../lib/report';
import { withBackend, type Backend } from '../lib/withBackend';

const TOKEN = 'a-token-of-the-benchmark';
const CONNECTIONS = 10;
const WRITES = 2_000;

const CONFIG = {
  backend: {
    auth: {
      externalAccess: [
        { type: 'static', options: { token: TOKEN, subject: 'bench' } },
      ],
    },
  },
  catalog: {
    customData: { sources: { ci: { type: 'push', principals: ['bench'] } } },
  },
};

const PATHS: Record<string, (name: string) => string> = {
  bare: name => `/api/catalog/bench/${name}`,
  module: name =>
    `/api/catalog/custom-data/entities/by-name/component/default/${name}`,
};

/** Writes entities to the module and to a bare route of the same backend, in turns. */
export async function measurePushes(
  postgres: Postgres,
  { rounds, subjects }: Pick<Options, 'rounds' | 'subjects'>,
  report: Report,
): Promise<void> {
  const measured = Object.keys(PATHS).filter(each => subjects.includes(each));
  const file = 'push/subjects.ts';
  await withBackend(
    { postgres, file, subject: 'both', config: CONFIG },
    async backend => {
      for (let round = -1; round < rounds; round += 1) {
        for (const subject of rotate(measured, round + 1)) {
          const seconds = await write(backend, subject, WRITES);
          // The first round warms up.
          if (round >= 0) {
            report.add(subject, 'push', { 'writes/s': WRITES / seconds });
          }
        }
      }
    },
  );
}

/** Each connection writes an entity of its own, over the revision that it last had. */
async function write(
  { port }: Backend,
  subject: string,
  count: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      const name = `service-${connection}`;
      const path = PATHS[subject](name);
      for (let i = 0; i < count / CONNECTIONS; i += 1) {
        await put({ agent, port, path }, entityOf(name, i));
      }
    }),
  );
  agent.destroy();
  return (performance.now() - start) / 1000;
}

function entityOf(name: string, version: number): string {
  return JSON.stringify({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name,
      description: `${name} in its version ${version} of ${performance.now()}`,
      annotations: { 'example.com/id': name },
    },
    spec: { type: 'service', lifecycle: 'production', owner: 'a' },
  });
}

function put(
  options: { agent: Agent; port: number; path: string },
  body: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
    };
    const req = request(
      { ...options, host: '127.0.0.1', method: 'PUT', headers },
      res => {
        res.resume();
        res.on('end', () =>
          (res.statusCode ?? 500) < 300
            ? resolve()
            : reject(new Error(`${options.path} answered ${res.statusCode}`)),
        );
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}
