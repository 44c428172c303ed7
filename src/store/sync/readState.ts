import type { Knex } from 'knex';
import type { SourceState } from '../../model/sync';
import { toDate } from '../time';
import { toListValidators } from '../validators';

export async function readState(options: {
  knex: Knex;
  source: string;
}): Promise<SourceState> {
  const { knex, source } = options;
  const row = await knex('custom_data_sources as s')
    .leftJoin('custom_data_runs as r', join =>
      join
        .on('r.source', 's.source')
        .andOn('r.outcome', knex.raw('?', ['running'])),
    )
    .where('s.source', source)
    .first('s.*', 'r.run_id', 'r.lease_expires_at');
  if (!row) {
    return { failures: 0 };
  }
  return {
    fingerprint: row.fingerprint ?? undefined,
    validators: toListValidators(row),
    failures: row.failures,
    retryAt: toDate(row.retry_at),
    lease: row.run_id
      ? {
          runId: row.run_id,
          expiresAt: toDate(row.lease_expires_at) ?? new Date(0),
        }
      : undefined,
    paused: row.paused_at
      ? { by: row.paused_by, at: toDate(row.paused_at as string) }
      : undefined,
  };
}
