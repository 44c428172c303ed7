import type { Knex } from 'knex';
import { forgetState } from '../sync/runs';

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
    await forgetState(tx, source);
    // Asked while the list was polled; nothing would carry it out.
    await tx('custom_data_plans')
      .where({ source })
      .whereIn('state', ['pending', 'approved', 'rejected'])
      .update({ state: 'void' });
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
