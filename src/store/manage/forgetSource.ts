import type { Knex } from 'knex';

/** Forgets all of a source but its runs and plans, which say what became of it. */
export async function forgetSource(options: {
  knex: Knex;
  source: string;
}): Promise<void> {
  const { knex, source } = options;
  await knex.transaction(async tx => {
    for (const table of [
      'custom_data_contributions',
      'custom_data_entities',
      'custom_data_records',
      'custom_data_problems',
      'custom_data_sources',
    ]) {
      await tx(table).where({ source }).delete();
    }
  });
}
