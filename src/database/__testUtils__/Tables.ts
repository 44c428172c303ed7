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
const OF_CATALOG = [
  'refresh_state',
  'refresh_state_references',
  'refresh_keys',
  'relations',
];

/** Our tables and those of the catalog that we read, on one database. */
export class Tables {
  /** Is there while a test runs. */
  knex!: Knex;
  private isMade = false;

  constructor(
    readonly databaseId: TestDatabaseId,
    private readonly databases: TestDatabases,
    private readonly ofCatalog = createCatalogTables,
  ) {}

  /** To make a database and its tables takes longer than most tests do. */
  async empty(): Promise<Knex> {
    if (this.isMade) {
      this.knex.removeAllListeners('query');
      await removeRows(this.knex);
      return this.knex;
    }
    this.knex = await this.databases.init(this.databaseId);
    await this.ofCatalog(this.knex);
    await migrate(this);
    this.isMade = true;
    return this.knex;
  }

  /** Has the next test begin with new tables, where one changes more than rows. */
  spoil(): void {
    this.isMade = false;
  }
}

/** The catalog's tables that `catalogTables.ts` reads, with the columns that it reads. */
export async function createCatalogTables(knex: Knex): Promise<void> {
  await knex.schema
    .createTable('refresh_state', table => {
      table.increments('entity_id');
      table.string('entity_ref').notNullable().unique();
      table.string('location_key');
      table.text('unprocessed_entity').notNullable().defaultTo('{}');
      table.string('unprocessed_hash');
      table.text('errors').notNullable().defaultTo('[]');
      table.string('result_hash');
    })
    .createTable('refresh_state_references', table => {
      table.string('source_key');
      table.string('target_entity_ref').notNullable();
    })
    .createTable('refresh_keys', table => {
      table.integer('entity_id').notNullable();
      table.string('key').notNullable();
    })
    .createTable('relations', table => {
      table.integer('originating_entity_id');
      table.string('source_entity_ref').notNullable();
      table.string('type').notNullable();
      table.string('target_entity_ref').notNullable();
    });
}

async function removeRows(knex: Knex): Promise<void> {
  const isToEmpty = (name: string) =>
    OURS.test(name) || OF_CATALOG.includes(name);
  if (knex.client.config.client !== 'pg') {
    for (const { name } of await knex.raw(NAMES_ON_SQLITE)) {
      if (isToEmpty(name)) {
        await knex(name).delete();
      }
    }
    return;
  }
  const { rows } = await knex.raw(NAMES_ON_POSTGRES);
  const statements = rows
    .filter(({ name }: { name: string }) => isToEmpty(name))
    .map(({ name }: { name: string }) => `delete from ${name}`);
  await knex.raw(statements.join(';'));
}
