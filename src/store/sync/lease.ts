import type { Knex } from 'knex';
import type { LeaseOptions } from '../../model/sync';
import { toText } from '../time';

/**
 * Takes a source's lease where nobody has it or its time has run out. Two
 * replicas may try at once: the conditional update lets one of them through.
 */
export async function acquireLease(
  options: LeaseOptions & { knex: Knex },
): Promise<boolean> {
  const { knex, source, holder, now } = options;
  await knex('custom_data_sources')
    .insert({ source, failures: 0 })
    .onConflict('source')
    .ignore();
  const rows = await knex('custom_data_sources')
    .where({ source })
    .andWhere(free =>
      free
        .whereNull('lease_holder')
        .orWhere('lease_expires_at', '<=', toText(now)),
    )
    .update({ lease_holder: holder, lease_expires_at: expiry(options) });
  return rows === 1;
}

/** Extends a lease that is still the holder's. */
export async function renewLease(
  options: LeaseOptions & { knex: Knex },
): Promise<boolean> {
  const { knex, source, holder } = options;
  const rows = await knex('custom_data_sources')
    .where({ source, lease_holder: holder })
    .update({ lease_expires_at: expiry(options) });
  return rows === 1;
}

export async function releaseLease(options: {
  knex: Knex;
  source: string;
  holder: string;
}): Promise<void> {
  const { knex, source, holder } = options;
  await knex('custom_data_sources')
    .where({ source, lease_holder: holder })
    .update({ lease_holder: null, lease_expires_at: null });
}

function expiry({ now, ttlMs }: LeaseOptions): string {
  return toText(new Date(now.getTime() + ttlMs));
}
