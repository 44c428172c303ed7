import type {
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { migrate } from '../migrate';

const NAMES_ON_SQLITE = "select name from sqlite_master where type = 'table'";
const NAMES_ON_POSTGRES =
  'select tablename as name from pg_tables where schemaname = current_schema()';
const OURS = /^custom_data_(?!.*migrations)/;

/** A database of each kind with our tables, emptied for each test. */
export interface Tables {
  empty(databaseId: TestDatabaseId): Promise<Knex>;
  /** Has the next test begin with new tables, where one changes more than rows. */
  spoil(databaseId: TestDatabaseId): void;
}

/** To make a database and its tables takes longer than most tests do. */
export function createTables(databases: TestDatabases): Tables {
  const made = new Map<TestDatabaseId, Knex>();
  return {
    async empty(databaseId) {
      const known = made.get(databaseId);
      if (known) {
        known.removeAllListeners('query');
        await removeRows(known);
        return known;
      }
      const knex = await databases.init(databaseId);
      await migrate({ knex });
      made.set(databaseId, knex);
      return knex;
    },
    spoil: databaseId => {
      made.delete(databaseId);
    },
  };
}

async function removeRows(knex: Knex): Promise<void> {
  if (knex.client.config.client !== 'pg') {
    for (const { name } of await knex.raw(NAMES_ON_SQLITE)) {
      if (OURS.test(name)) {
        await knex(name).delete();
      }
    }
    return;
  }
  const { rows } = await knex.raw(NAMES_ON_POSTGRES);
  const statements = rows
    .filter(({ name }: { name: string }) => OURS.test(name))
    .map(({ name }: { name: string }) => `delete from ${name}`);
  await knex.raw(statements.join(';'));
}
