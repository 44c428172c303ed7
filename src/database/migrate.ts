import type { DatabaseService } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import { resolve } from 'node:path';

// The build keeps the folders of src, so this holds there and in dist. The
// package cannot look itself up by name where it is the root of the checkout.
// eslint-disable-next-line no-restricted-syntax
const DIRECTORY = resolve(__dirname, '../../migrations');

const TABLE = 'custom_data_knex_migrations';

/** The catalog's database, once our tables in it are up to date. */
export async function openTables(database: DatabaseService): Promise<Knex> {
  const knex = await database.getClient();
  await migrate({ knex, migrations: database.migrations });
  return knex;
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
  await options.knex.migrate.latest({
    directory: DIRECTORY,
    tableName: TABLE,
  });
}
