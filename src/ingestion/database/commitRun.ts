import type { Knex } from 'knex';
import { deleteRows, isAmong, upsertRows } from '../../database/bulk';
import { toText } from '../../database/time';
import { inChunks } from '../../lib/inChunks';
import { fromListValidators } from '../../sources/validators';
import { LeaseLostError } from '../withLease';
import type { Run, RunEnd, SyncChanges, SyncStore } from './SyncStore';
import { settlePlans } from './plans';
import { settleProblems } from './problems';
import { closeRun } from './runs';

type CommitOptions = Parameters<SyncStore['commitRun']>[0];

const KEYS_AT_ONCE = 5000;

/** Writes what a run changed, and its end, in one transaction. */
export async function commitRun(
  options: CommitOptions & { knex: Knex },
): Promise<void> {
  const { knex, run, end, changes, state, relist, plans, problems } = options;
  await knex.transaction(async tx => {
    if (!(await closeRun(tx, run, end))) {
      throw new LeaseLostError(
        `Run ${run.id} of source "${run.source}" was closed by another replica`,
      );
    }
    await removeContributions(tx, run, changes);
    await removeRecords(tx, run, changes);
    await forgetHashes(tx, run, changes);
    await writeRecords(tx, run, changes);
    await writeContributions(tx, run, changes, end);
    if (state) {
      await tx('custom_data_sources')
        .where({ source: run.source })
        .update({
          fingerprint: state.fingerprint ?? null,
          ...fromListValidators(state.validators),
          failures: 0,
          retry_at: null,
        });
    }
    if (relist) {
      await tx('custom_data_sources')
        .where({ source: run.source })
        .update(fromListValidators(undefined));
    }
    if (plans) {
      const { source } = run;
      await settlePlans({ tx, source, outcome: plans, now: end.endedAt });
    }
    if (problems) {
      await settleProblems({
        tx,
        run,
        outcome: problems,
        isAll: run.kind !== 'record',
      });
    }
  });
}

async function removeContributions(
  tx: Knex.Transaction,
  { source }: Run,
  { removedContributions }: SyncChanges,
): Promise<void> {
  const refs = [...new Set(removedContributions.map(c => c.entityRef))];
  for (const chunk of inChunks(refs, KEYS_AT_ONCE)) {
    await tx('custom_data_entities')
      .where({ source })
      .andWhere(isAmong(tx, 'entity_ref', chunk))
      .delete();
  }
  await deleteRows({
    tx,
    table: 'custom_data_contributions',
    source,
    keys: removedContributions.map(({ recordId, entityRef }) => ({
      record_id: recordId,
      entity_ref: entityRef,
    })),
  });
}

async function removeRecords(
  tx: Knex.Transaction,
  { source }: Run,
  { removedRecords }: SyncChanges,
): Promise<void> {
  for (const chunk of inChunks(removedRecords, KEYS_AT_ONCE)) {
    await tx('custom_data_records')
      .where({ source })
      .andWhere(isAmong(tx, 'record_id', chunk))
      .delete();
  }
}

async function forgetHashes(
  tx: Knex.Transaction,
  { source }: Run,
  { outdated = [] }: SyncChanges,
): Promise<void> {
  for (const chunk of inChunks(outdated, KEYS_AT_ONCE)) {
    await tx('custom_data_records')
      .where({ source })
      .andWhere(isAmong(tx, 'record_id', chunk))
      .update({ bytes_hash: null, raw_hash: '' });
  }
}

async function writeRecords(
  tx: Knex.Transaction,
  { source }: Run,
  { records }: SyncChanges,
): Promise<void> {
  await upsertRows({
    tx,
    table: 'custom_data_records',
    key: ['source', 'record_id'],
    rows: records.map(record => ({
      source,
      record_id: record.recordId,
      observed_at: toText(record.observedAt),
      bytes_hash: record.bytesHash ?? null,
      raw_hash: record.rawHash,
      state: record.state,
      missing_since: record.missingSince ? toText(record.missingSince) : null,
    })),
  });
}

async function writeContributions(
  tx: Knex.Transaction,
  run: Run,
  { contributions, adopted }: SyncChanges,
  end: RunEnd,
): Promise<void> {
  for (const chunk of inChunks(contributions)) {
    await writeChunk(tx, run, { contributions: chunk, adopted }, end);
  }
}

async function writeChunk(
  tx: Knex.Transaction,
  run: Run,
  { contributions, adopted }: Pick<SyncChanges, 'contributions' | 'adopted'>,
  end: RunEnd,
): Promise<void> {
  const { source } = run;
  await upsertRows({
    tx,
    table: 'custom_data_contributions',
    key: ['source', 'record_id', 'entity_ref'],
    rows: contributions.map(({ recordId, entityRef, entity, hash }) => ({
      source,
      record_id: recordId,
      entity_ref: entityRef,
      role: 'base',
      entity,
      hash,
      run_id: run.id,
    })),
  });
  await upsertRows({
    tx,
    table: 'custom_data_entities',
    key: ['entity_ref'],
    rows: contributions.map(({ entityRef, hash, owner = null }) => ({
      entity_ref: entityRef,
      source,
      hash,
      applied_at: toText(end.endedAt),
      owner,
      location_key: adopted?.get(entityRef) ?? null,
    })),
    // What another source took in the meantime stays with it.
    where: 'custom_data_entities.source = ?',
    bindings: [source],
  });
}
