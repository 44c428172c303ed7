import type { Knex } from 'knex';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunMeasurement } from '../measure/measureRun';
import {
  readRowStatistics,
  rowsBetween,
  type RowsByTable,
} from '../measure/rowsWritten';
import type { Postgres } from '../measure/startPostgres';
import { Worker } from '../measure/worker';
import type { SubjectName } from './names';
import { SOURCE, sourceConfig } from './sourceConfig';

export interface Measurement extends RunMeasurement {
  /** The most memory that the run needed beyond the idle backend. */
  memoryMb: number;
  rows: RowsByTable;
}

export interface RunningSubject {
  /** Runs without measuring. */
  warmUp(): Promise<void>;
  measure(options?: { collect: boolean }): Promise<Measurement>;
  /** The catalog's database. */
  knex: Knex;
  stop(): Promise<void>;
}

export interface StartOptions {
  name: SubjectName;
  postgres: Postgres;
  /** What the names of its databases begin with. */
  prefix: string;
  url: string;
  records: number;
}

/** Starts one subject in a process, with a backend and databases of its own. */
export async function startSubject(
  options: StartOptions,
): Promise<RunningSubject> {
  const { name, postgres, prefix, url, records } = options;
  const folder = await mkdtemp(join(tmpdir(), 'custom-data-bench-config-'));
  const file = join(folder, 'app-config.yaml');
  await writeFile(file, JSON.stringify(appConfig(options)));
  const worker = Worker.start(resolve(__dirname, 'process.ts'), {
    args: ['--config', file],
    env: {
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      BENCH_SUBJECT: name,
      BENCH_URL: url,
      BENCH_RECORDS: String(records),
    },
  });
  const knex = postgres.connect(`${prefix}catalog`);
  const stop = async () => {
    await worker.stop();
    await knex.destroy();
    await rm(folder, { recursive: true });
  };
  try {
    let { idleMb } = await worker.ask<{ idleMb: number }>('ready');
    return {
      async warmUp() {
        await worker.ask('run', { collect: false });
      },
      async measure(runOptions = { collect: false }) {
        await knex.raw('vacuum analyze');
        await worker.ask('flush');
        const before = await readRowStatistics(knex);
        const run = await worker.ask<RunMeasurement>('run', runOptions);
        await worker.ask('flush');
        const rows = rowsBetween(before, await readRowStatistics(knex));
        // A backend gives back later what its start has taken.
        idleMb = Math.min(idleMb, run.startMb);
        return { ...run, memoryMb: run.peakMb - idleMb, rows };
      },
      knex,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function appConfig({ name, postgres, prefix, url }: StartOptions) {
  return {
    backend: {
      baseUrl: 'http://localhost:0',
      listen: { host: '127.0.0.1', port: 0 },
      database: { client: 'pg', prefix, connection: postgres.connection() },
    },
    catalog: {
      // Processing is off, for all alike: what is measured is how entities get
      // into the catalog, not what it does with them later.
      processingInterval: false,
      ...(name === 'module' && {
        customData: { sources: { [SOURCE]: sourceConfig(url) } },
      }),
    },
  };
}
