import type { Knex } from 'knex';
import type { SourceState } from '../../model/sync';
import { toDate } from '../time';
import { toValidators } from '../validators';

export async function readState(options: {
  knex: Knex;
  source: string;
}): Promise<SourceState> {
  const { knex, source } = options;
  const row = await knex('custom_data_sources').where({ source }).first();
  if (!row) {
    return { failures: 0 };
  }
  return {
    fingerprint: row.fingerprint ?? undefined,
    validators: toValidators(row),
    failures: row.failures,
    retryAt: toDate(row.retry_at),
    lease: row.lease_holder
      ? { holder: row.lease_holder, expiresAt: toDate(row.lease_expires_at)! }
      : undefined,
    paused: row.paused_at
      ? { by: row.paused_by, at: toDate(row.paused_at as string) }
      : undefined,
  };
}
