import {
  type TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { Tables } from './Tables';

type Suite = (tables: Tables) => void;

/**
 * A suite with tables that are empty when a test begins, on SQLite and on PostgreSQL.
 * The title says where the database is named, as that of `describe.each` does.
 */
export function describeTables(
  title: string,
  suite: Suite,
  ofCatalog?: (knex: Knex) => Promise<void>,
): void {
  describeOn(['SQLITE_3', 'POSTGRES_18'], title, suite, ofCatalog);
}

/** The same on SQLite alone, for what does not depend on the database. */
export function describeSqlite(title: string, suite: Suite): void {
  describeOn(['SQLITE_3'], title, suite);
}

function describeOn(
  ids: TestDatabaseId[],
  title: string,
  suite: Suite,
  ofCatalog?: (knex: Knex) => Promise<void>,
): void {
  const databases = TestDatabases.create({ ids });

  describe.each(databases.eachSupportedId())(`${title}`, databaseId => {
    const tables = new Tables(databaseId, databases, ofCatalog);

    beforeEach(async () => {
      await tables.empty();
    });

    suite(tables);
  });
}
