import type { Knex } from 'knex';
import type { LeaseOptions, Run } from '../../model/sync';
import { toText } from '../time';
import { forgetState } from './runs';

/**
 * Opens a run's row where the source has no other open one, which an index sees
 * to: of two replicas that try at once, one gets through. A row whose time has
 * run out belongs to a process that died.
 */
export async function beginRun(options: {
  knex: Knex;
  run: Run;
  lease: LeaseOptions;
}): Promise<boolean> {
  const { knex, run, lease } = options;
  // So that its entities stay even if it is taken out of the configuration now.
  await knex('custom_data_sources')
    .insert({ source: run.source, failures: 0 })
    .onConflict('source')
    .ignore();
  if (await openRow(options)) {
    return true;
  }
  const dead = await knex('custom_data_runs')
    .where({ source: run.source, outcome: 'running' })
    .andWhere(expired =>
      expired
        .where('lease_expires_at', '<=', toText(lease.now))
        // Of a process from before there was one.
        .orWhereNull('lease_expires_at'),
    )
    .update({ outcome: 'abandoned', ended_at: toText(lease.now) });
  if (dead === 0) {
    return false;
  }
  await forgetState(knex, run.source);
  return openRow(options);
}

async function openRow({
  knex,
  run,
  lease,
}: {
  knex: Knex;
  run: Run;
  lease: LeaseOptions;
}): Promise<boolean> {
  const rows = await knex('custom_data_runs')
    .insert({
      run_id: run.id,
      source: run.source,
      kind: run.kind,
      started_at: toText(run.startedAt),
      outcome: 'running',
      lease_expires_at: expiry(lease),
    })
    .onConflict()
    .ignore()
    .returning('run_id');
  return rows.length === 1;
}

/** Extends the lease of a run that is still open. */
export async function renewLease(options: {
  knex: Knex;
  runId: string;
  lease: LeaseOptions;
}): Promise<boolean> {
  const rows = await options
    .knex('custom_data_runs')
    .where({ run_id: options.runId, outcome: 'running' })
    .update({ lease_expires_at: expiry(options.lease) });
  return rows === 1;
}

function expiry({ now, ttlMs }: LeaseOptions): string {
  return toText(new Date(now.getTime() + ttlMs));
}
