import type { Knex } from 'knex';
import { toDate, toText } from '../../../database/columns';

const TABLE = 'custom_data_told';

/** Since when somebody knows of each cause, by its key. */
export async function readTold(knex: Knex): Promise<Map<string, Date>> {
  const rows = await knex(TABLE).select('cause', 'since');
  return new Map(
    rows.map(row => [row.cause, toDate(row.since as string)] as const),
  );
}

/** Whether the caller is the one who has to tell of the cause. */
export async function claimCause(options: {
  knex: Knex;
  key: string;
  now: Date;
}): Promise<boolean> {
  const { knex, key, now } = options;
  const rows = await knex(TABLE)
    .insert({ cause: key, since: toText(now) })
    .onConflict('cause')
    .ignore()
    .returning('cause');
  return rows.length > 0;
}

/** It is over, or nobody could be told. */
export async function forgetCause(knex: Knex, key: string): Promise<void> {
  await knex(TABLE).where({ cause: key }).delete();
}
