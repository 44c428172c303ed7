import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../measure/freePort';
import type { Postgres } from '../../measure/startPostgres';
import { Worker } from '../../measure/worker';

/** Whoever asks the backend's API shows this. */
export const TOKEN = 'a-token-of-the-benchmark';

export interface RunningBackend {
  port: number;
  /** Asks its process. */
  ask: Worker['ask'];
  /** The catalog's database. */
  knex: Knex;
  stop(): Promise<void>;
}

/** Starts a backend in a process of its own, on a port and with databases of its own. */
export async function startBackend(options: {
  /** What runs in the process; it answers `ready` once the backend has started. */
  file: string;
  postgres: Postgres;
  /** What the names of its databases begin with. */
  prefix: string;
  /** Beside the backend's own. */
  config: JsonObject;
  env?: NodeJS.ProcessEnv;
}): Promise<RunningBackend> {
  const { file, postgres, prefix, config, env } = options;
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'custom-data-bench-config-'));
  const configFile = join(folder, 'app-config.yaml');
  const backend = backendConfig({ postgres, prefix, port });
  await writeFile(configFile, JSON.stringify({ backend, ...config }));
  const worker = Worker.start(file, {
    args: ['--config', configFile],
    env: { NODE_ENV: 'production', LOG_LEVEL: 'warn', ...env },
  });
  const knex = postgres.connect(`${prefix}catalog`);
  const stop = async () => {
    await worker.stop();
    await knex.destroy();
    await rm(folder, { recursive: true });
  };
  try {
    await worker.ask('ready');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    ask: (...question) => worker.ask(...question),
    knex,
    stop,
  };
}

function backendConfig(options: {
  postgres: Postgres;
  prefix: string;
  port: number;
}) {
  const { postgres, prefix, port } = options;
  return {
    // The event bus is reached over this.
    baseUrl: `http://127.0.0.1:${port}`,
    listen: { host: '127.0.0.1', port },
    database: { client: 'pg', prefix, connection: postgres.connection() },
    auth: {
      externalAccess: [
        { type: 'static', options: { token: TOKEN, subject: 'bench' } },
      ],
    },
  };
}
