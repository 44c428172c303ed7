import type { Knex } from 'knex';
import type { Run, RunEnd, SyncChanges, SyncStore } from '../../model/sync';
import { chunks } from '../chunks';
import { safeText } from '../safeText';
import { toText } from '../time';
import { settlePlans } from '../plans/settlePlans';
import { settleProblems } from '../problems/settleProblems';
import { fromValidators } from '../validators';

type CommitOptions = Parameters<SyncStore['commitRun']>[0];

/** Writes what a run changed, and its end, in one transaction. */
export async function commitRun(
  options: CommitOptions & { knex: Knex },
): Promise<void> {
  const { knex, run, end, changes, state, plans, problems } = options;
  await knex.transaction(async tx => {
    await removeContributions(tx, run, changes);
    await removeRecords(tx, run, changes);
    await writeRecords(tx, run, changes);
    await writeContributions(tx, run, changes, end);
    if (state) {
      await tx('custom_data_sources')
        .where({ source: run.source })
        .update({
          fingerprint: state.fingerprint ?? null,
          ...fromValidators(state.validators),
          failures: 0,
          retry_at: null,
        });
    }
    if (plans) {
      const { source } = run;
      await settlePlans({ tx, source, outcome: plans, now: end.endedAt });
    }
    if (problems) {
      await settleProblems({ tx, run, outcome: problems });
    }
    await writeRunEnd(tx, run, end);
  });
}

export async function writeRunEnd(
  knex: Knex | Knex.Transaction,
  run: Run,
  end: RunEnd,
): Promise<void> {
  await knex('custom_data_runs')
    .where({ run_id: run.id })
    .update({
      ended_at: toText(end.endedAt),
      outcome: end.outcome,
      counts: end.counts ? JSON.stringify(end.counts) : null,
      held: end.held === undefined ? null : safeText(end.held),
      error: end.error === undefined ? null : safeText(end.error),
      problems: end.problems?.length ? JSON.stringify(end.problems) : null,
    });
}

async function removeContributions(
  tx: Knex.Transaction,
  { source }: Run,
  { removedContributions }: SyncChanges,
): Promise<void> {
  for (const { recordId, entityRef } of removedContributions) {
    await tx('custom_data_contributions')
      .where({ source, record_id: recordId, entity_ref: entityRef })
      .delete();
  }
  for (const chunk of chunks(removedContributions.map(c => c.entityRef))) {
    await tx('custom_data_entities')
      .where({ source })
      .whereIn('entity_ref', chunk)
      .delete();
  }
}

async function removeRecords(
  tx: Knex.Transaction,
  { source }: Run,
  { removedRecords }: SyncChanges,
): Promise<void> {
  for (const chunk of chunks(removedRecords)) {
    await tx('custom_data_records')
      .where({ source })
      .whereIn('record_id', chunk)
      .delete();
  }
}

async function writeRecords(
  tx: Knex.Transaction,
  { source }: Run,
  { records }: SyncChanges,
): Promise<void> {
  const rows = records.map(record => ({
    source,
    record_id: record.recordId,
    observed_at: toText(record.observedAt),
    raw_hash: record.rawHash,
    state: record.state,
    missing_since: record.missingSince ? toText(record.missingSince) : null,
  }));
  for (const chunk of chunks(rows, 100)) {
    await tx('custom_data_records')
      .insert(chunk)
      .onConflict(['source', 'record_id'])
      .merge();
  }
}

async function writeContributions(
  tx: Knex.Transaction,
  run: Run,
  { contributions }: SyncChanges,
  end: RunEnd,
): Promise<void> {
  for (const chunk of chunks(contributions, 100)) {
    await tx('custom_data_contributions')
      .insert(
        chunk.map(({ recordId, entityRef, entity, hash }) => ({
          source: run.source,
          record_id: recordId,
          entity_ref: entityRef,
          role: 'base',
          entity,
          hash,
          run_id: run.id,
        })),
      )
      .onConflict(['source', 'record_id', 'entity_ref'])
      .merge();
    await tx('custom_data_entities')
      .insert(
        chunk.map(({ entityRef, hash }) => ({
          entity_ref: entityRef,
          source: run.source,
          hash,
          applied_at: toText(end.endedAt),
        })),
      )
      .onConflict('entity_ref')
      .merge()
      // What another source took in the meantime stays with it.
      .where('custom_data_entities.source', run.source);
  }
}
