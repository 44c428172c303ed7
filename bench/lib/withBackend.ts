import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, PREFIX, type Postgres } from './postgres';
import { Worker } from './Worker';

export interface Backend {
  port: number;
  /** Asks one of the subject's handlers. */
  ask: Worker['ask'];
  /** The catalog's database. */
  knex: Knex;
  /** Ends the process as `kill -9` does. */
  kill(): Promise<void>;
}

export interface BackendOptions {
  postgres: Postgres;
  /** A file below `bench` that exports subjects; see backendProcess.ts. */
  file: string;
  subject: string;
  /** What the subject is given. */
  given?: JsonObject;
  /** Configuration beside that of the backend. */
  config: JsonObject;
}

/** Has a catalog with one subject up, in a process of its own, while `work` is done. */
export async function withBackend(
  options: BackendOptions,
  work: (backend: Backend) => Promise<void>,
): Promise<void> {
  const { postgres, file, subject, given = {}, config } = options;
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'custom-data-bench-config-'));
  const configFile = join(folder, 'app-config.yaml');
  const backend = {
    baseUrl: `http://127.0.0.1:${port}`,
    listen: { host: '127.0.0.1', port },
    database: { client: 'pg', prefix: PREFIX, connection: postgres.connection },
  };
  const all = { ...config, backend: { ...backend, ...Object(config.backend) } };
  await writeFile(configFile, JSON.stringify(all));
  const args = ['--config', configFile];
  const worker = new Worker(resolve(__dirname, 'backendProcess.ts'), args, {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    BENCH_FILE: resolve(__dirname, '..', file),
    BENCH_SUBJECT: subject,
    BENCH_GIVEN: JSON.stringify(given),
  });
  const knex = postgres.connect(`${PREFIX}catalog`);
  try {
    await worker.ask('ready');
    await work({
      port,
      ask: (...question) => worker.ask(...question),
      knex,
      kill: () => worker.kill(),
    });
  } finally {
    await worker.kill();
    await knex.destroy();
    await postgres.drop();
    await rm(folder, { recursive: true });
  }
}

/** Asks again and again until the answer is yes. */
export async function waitUntil(
  what: string,
  isSo: () => Promise<boolean>,
  { everyMs, timeoutMs }: { everyMs: number; timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new Error(`"${what}" did not come true in ${timeoutMs / 1000} s`);
    }
    await wait(everyMs);
  }
}
