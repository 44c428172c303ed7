import type { Knex } from 'knex';
import type { Run, SyncStore } from '../../model/sync';
import { toText } from '../time';
import { writeRunEnd } from './commitRun';

/**
 * Opens a run's row. Whoever holds the lease is alone, so a row of the source
 * that is still open belongs to a process that died.
 */
export async function startRun(options: {
  knex: Knex;
  run: Run;
}): Promise<void> {
  const { knex, run } = options;
  await knex('custom_data_runs')
    .where({ source: run.source, outcome: 'running' })
    .update({ outcome: 'abandoned', ended_at: toText(run.startedAt) });
  await knex('custom_data_runs').insert({
    run_id: run.id,
    source: run.source,
    kind: run.kind,
    started_at: toText(run.startedAt),
    outcome: 'running',
  });
}

/** Ends a run that did not succeed, and backs its source off where asked to. */
export async function endRun(
  options: Parameters<SyncStore['endRun']>[0] & { knex: Knex },
): Promise<void> {
  const { knex, run, end, failure } = options;
  await knex.transaction(async tx => {
    await writeRunEnd(tx, run, end);
    if (failure) {
      await tx('custom_data_sources')
        .where({ source: run.source })
        .update({
          failures: failure.failures,
          retry_at: toText(failure.retryAt),
        });
    }
  });
}
