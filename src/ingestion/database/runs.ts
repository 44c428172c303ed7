import type { Knex } from 'knex';
import { safeText } from '../../database/safeText';
import { toText } from '../../database/time';
import { fromListValidators } from '../../sources/validators';
import type { LeaseOptions, Run, RunEnd, SyncStore } from './SyncStore';

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

/** Closes an open run; tells whether it was open still. */
export async function closeRun(
  knex: Knex | Knex.Transaction,
  run: Run,
  end: RunEnd,
): Promise<boolean> {
  const rows = await knex('custom_data_runs')
    .where({ run_id: run.id, outcome: 'running' })
    .update({
      ended_at: toText(end.endedAt),
      outcome: end.outcome,
      counts: end.counts ? JSON.stringify(end.counts) : null,
      held: end.held === undefined ? null : safeText(end.held),
      error: end.error === undefined ? null : safeText(end.error),
      problems: end.problems?.length ? JSON.stringify(end.problems) : null,
    });
  return rows === 1;
}

/** Has the next list judged as if it were the first: the catalog may have a part of what a run gave it. */
export async function forgetState(
  knex: Knex | Knex.Transaction,
  source: string,
): Promise<void> {
  await knex('custom_data_sources')
    .where({ source })
    .update({ fingerprint: null, ...fromListValidators(undefined) });
}

/** Ends a run that did not succeed, and backs its source off where asked to. */
export async function endRun(
  options: Parameters<SyncStore['endRun']>[0] & { knex: Knex },
): Promise<void> {
  const { knex, run, end, inPart, failure } = options;
  await knex.transaction(async tx => {
    const mine = await closeRun(tx, run, end);
    if (inPart && mine) {
      await forgetState(tx, run.source);
    }
    if (failure && mine) {
      await tx('custom_data_sources')
        .where({ source: run.source })
        .update({
          failures: failure.failures,
          retry_at: toText(failure.retryAt),
        });
    }
  });
}
