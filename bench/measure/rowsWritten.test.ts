import { TestDatabases } from '@backstage/backend-test-utils';
import { flushRowStatistics } from './flushRowStatistics';
import { readRowStatistics, rowsBetween, splitRows } from './rowsWritten';

jest.setTimeout(60_000);

describe('rowsWritten', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

  it('counts what was written by any connection', async () => {
    const knex = await databases.init('POSTGRES_18');
    await knex.schema.createTable('custom_data_runs', t => t.integer('a'));
    await knex.schema.createTable('refresh_state', t => t.integer('a'));
    await knex('refresh_state').insert({ a: 1 });
    await flushRowStatistics(knex);
    const before = await readRowStatistics(knex);

    await Promise.all([
      knex('refresh_state').insert([{ a: 2 }, { a: 3 }]),
      knex('refresh_state').where({ a: 1 }).update({ a: 4 }),
      knex('custom_data_runs').insert({ a: 1 }),
    ]);
    await knex('refresh_state').where({ a: 4 }).delete();
    await flushRowStatistics(knex);

    const rows = rowsBetween(before, await readRowStatistics(knex));
    expect(rows).toEqual({ refresh_state: 4, custom_data_runs: 1 });
    expect(splitRows(rows)).toEqual({ catalog: 4, own: 1 });
  });

  it('counts the tables of subjects as their own', () => {
    expect(
      splitRows({
        custom_data_records: 1,
        ingestions: 2,
        ingestion_marks: 4,
        ingestion_mark_entities: 8,
        refresh_state: 16,
        refresh_state_references: 32,
      }),
    ).toEqual({ own: 15, catalog: 48 });
  });
});
