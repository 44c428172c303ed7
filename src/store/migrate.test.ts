import { TestDatabases } from '@backstage/backend-test-utils';
import { migrate } from './migrate';

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

  it('leaves the database alone where migrations are skipped', async () => {
    const knex = await databases.init('SQLITE_3');

    await migrate({ knex, migrations: { skip: true } });

    await expect(knex.schema.hasTable('custom_data_records')).resolves.toBe(
      false,
    );
  });
});
