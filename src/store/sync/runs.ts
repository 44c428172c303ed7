import type { Knex } from 'knex';
import type { Run, RunEnd, SyncStore } from '../../model/sync';
import { safeText } from '../safeText';
import { toText } from '../time';
import { fromListValidators } from '../validators';

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
