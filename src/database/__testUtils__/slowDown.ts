import type { Knex } from 'knex';

/**
 * Has PostgreSQL take its time over each row of a table that it writes, so that
 * statements at the same time are sure to meet. SQLite writes one at a time.
 */
export async function slowDown(knex: Knex, table: string): Promise<void> {
  if (knex.client.config.client !== 'pg') {
    return;
  }
  await knex.raw(`
    create or replace function take_time() returns trigger language plpgsql as $$
    begin
      perform count(*) from generate_series(1, 20000);
      return new;
    end $$`);
  await knex.raw(`
    create trigger slow before insert or update on ${table}
    for each row execute function take_time()`);
}
