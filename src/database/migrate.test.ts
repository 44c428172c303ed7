import { TestDatabases } from '@backstage/backend-test-utils';
import { readdir, readFile } from 'node:fs/promises';
import { migrate, MIGRATIONS } from './migrate';

describe('migrate', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  it.each(databases.eachSupportedId())(
    'makes the tables once, beside another migrations table, %p',
    async databaseId => {
      const knex = await databases.init(databaseId);

      await migrate({ knex });
      await migrate({ knex });

      await expect(knex.schema.hasTable('custom_data_records')).resolves.toBe(
        true,
      );
      await expect(knex.schema.hasTable('knex_migrations')).resolves.toBe(
        false,
      );
    },
  );

  it('leaves no table behind where the statements of docs/operations.md are run, on PostgreSQL', async () => {
    const knex = await databases.init('POSTGRES_18');
    await migrate({ knex });
    const text = await readFile(
      `${__dirname}/../../docs/operations.md`,
      'utf8',
    );
    await knex.raw(/^drop table [^;]+;/m.exec(text)![0]);

    const { rows } = await knex.raw(
      "select table_name from information_schema.tables where table_name like 'custom\\_data\\_%'",
    );
    expect(rows).toEqual([]);
  });

  it.each(databases.eachSupportedId())(
    'can be taken back, one change at a time, %p',
    async databaseId => {
      const knex = await databases.init(databaseId);
      await migrate({ knex });

      for (const _ of await readdir(MIGRATIONS.directory)) {
        await knex.migrate.down(MIGRATIONS);
      }

      await expect(knex.schema.hasTable('custom_data_plans')).resolves.toBe(
        false,
      );
      await expect(knex.schema.hasTable('custom_data_records')).resolves.toBe(
        false,
      );
      await migrate({ knex });
    },
  );

  it.each(databases.eachSupportedId())(
    'starts after a rollback from a version with a newer migration, but not where an older one is lost, %p',
    async databaseId => {
      const knex = await databases.init(databaseId);
      await migrate({ knex });
      const done = (name: string) =>
        knex('custom_data_knex_migrations').insert({ name, batch: 2 });

      await knex.schema.alterTable('custom_data_runs', table => {
        table.string('of_newer_version');
      });
      await done('20991231000000_newer.js');
      await migrate({ knex });
      await expect(knex('custom_data_runs')).resolves.toEqual([]);

      await done('20200101000000_lost.js');
      await expect(migrate({ knex })).rejects.toThrow(
        /files are missing: .*20200101000000_lost.js/,
      );
    },
  );

  it('leaves the database alone where migrations are skipped', async () => {
    const knex = await databases.init('SQLITE_3');

    await migrate({ knex, migrations: { skip: true } });

    await expect(knex.schema.hasTable('custom_data_records')).resolves.toBe(
      false,
    );
  });
});
