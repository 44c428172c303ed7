import type { Knex } from 'knex';
import { fromListValidators } from '../validators';

const OF_LIST = [
  'custom_data_contributions',
  'custom_data_entities',
  'custom_data_records',
  'custom_data_problems',
];

const OF_SOURCE = [
  ...OF_LIST,
  'custom_data_read_refs',
  'custom_data_read_state',
  'custom_data_sources',
];

interface ForgetOptions {
  knex: Knex;
  source: string;
}

/** Forgets what a source's list gave; its runs and plans say what became of that. */
export async function forgetList({
  knex,
  source,
}: ForgetOptions): Promise<void> {
  await knex.transaction(async tx => {
    await deleteAll(tx, source, OF_LIST);
    await tx('custom_data_sources')
      .where({ source })
      .update({ fingerprint: null, ...fromListValidators(undefined) });
  });
}

/** Forgets all of a source but its runs and plans, which say what became of it. */
export async function forgetSource({
  knex,
  source,
}: ForgetOptions): Promise<void> {
  await knex.transaction(tx => deleteAll(tx, source, OF_SOURCE));
}

async function deleteAll(
  tx: Knex.Transaction,
  source: string,
  tables: string[],
): Promise<void> {
  for (const table of tables) {
    await tx(table).where({ source }).delete();
  }
}
