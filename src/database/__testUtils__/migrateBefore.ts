import type { Knex } from 'knex';
import { MIGRATIONS } from '../migrate';

/** Leaves the tables as they were before a migration. */
export async function migrateBefore(knex: Knex, name: string): Promise<void> {
  const [, pending]: [unknown, Array<{ file: string }>] =
    await knex.migrate.list(MIGRATIONS);
  for (const { file } of pending.filter(each => each.file < name)) {
    await knex.migrate.up({ ...MIGRATIONS, name: file } as object);
  }
}
