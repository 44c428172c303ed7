import type { Knex } from 'knex';
import { toText } from '../time';

/** Leaves a source alone until then, if it is not for longer already; counts no failure. */
export async function postpone(options: {
  knex: Knex;
  source: string;
  retryAt: Date;
}): Promise<void> {
  const { knex, source } = options;
  const retryAt = toText(options.retryAt);
  await knex('custom_data_sources')
    .insert({ source, failures: 0 })
    .onConflict('source')
    .ignore();
  await knex('custom_data_sources')
    .where({ source })
    .andWhere(earlier =>
      earlier.whereNull('retry_at').orWhere('retry_at', '<', retryAt),
    )
    .update({ retry_at: retryAt });
}
