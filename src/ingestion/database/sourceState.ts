import type { Knex } from 'knex';
import { toDate, toText } from '../../database/time';
import { toListValidators } from '../../sources/validators';
import type { SourceState } from './SyncStore';
import { forgetState } from './runs';

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
