import type { DatabaseService } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';

// The build keeps the folders of src, so this holds there and in dist. The
// package cannot look itself up by name where it is the root of the checkout.
// eslint-disable-next-line no-restricted-syntax
const DIRECTORY = resolve(__dirname, '../../migrations');

export const MIGRATIONS = {
  directory: DIRECTORY,
  tableName: 'custom_data_knex_migrations',
};

/**
 * The catalog's database, with our tables up to date. They are made only if
 * they are needed; without them `hasTables` is false.
 */
export async function openTables(
  database: DatabaseService,
  isNeeded: boolean,
): Promise<{ knex: Knex; hasTables: boolean }> {
  const knex = await database.getClient();
  const hasTables =
    isNeeded || (await knex.schema.hasTable('custom_data_sources'));
  if (hasTables) {
    await migrate({ knex, migrations: database.migrations });
  }
  return { knex, hasTables };
}

/**
 * Brings the `custom_data_` tables up to date in the catalog's database, with
 * a migrations table of their own, unless `migrations.skip` is set.
 */
export async function migrate(options: {
  knex: Knex;
  migrations?: DatabaseService['migrations'];
}): Promise<void> {
  if (options.migrations?.skip) {
    return;
  }
  const migrator = options.knex.migrate;
  await migrator.latest({
    ...MIGRATIONS,
    disableMigrationsListValidation: await isOfNewerVersion(migrator),
  });
}

/**
 * Whether whatever was migrated and has no file here is newer than every file
 * here, after a rollback to this version. Otherwise knex names what is missing.
 */
async function isOfNewerVersion(migrator: Knex.Migrator): Promise<boolean> {
  const files = (await readdir(DIRECTORY)).sort();
  const [done]: [{ name: string }[]] = await migrator.list({
    ...MIGRATIONS,
    disableMigrationsListValidation: true,
  });
  return done.every(({ name }) => files.includes(name) || name > files.at(-1)!);
}
