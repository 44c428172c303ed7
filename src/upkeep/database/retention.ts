import type { Knex } from 'knex';
import { isAmong, isPostgres } from '../../database/bulk';
import { toText } from '../../database/time';
import type { DeploymentSubjects } from '../../deployments/deployment';
import { deleteRemovedHeads } from './deleteRemovedHeads';

/** Removes what is older than it has to be kept, in pieces; how many rows. */
export interface RetentionStore {
  /** Settled deliveries that were received before, with their attempts. */
  deleteDeliveries(before: Date, signal: AbortSignal): Promise<number>;
  /** Runs that ended and began before; of each source the last, and the last success, stay. */
  deleteRuns(before: Date, signal: AbortSignal): Promise<number>;
  /** What locations read of records, where no read and no failure is later. */
  deleteReads(before: Date): Promise<number>;
  /** Events of the history from before; heads stay. */
  deleteDeployments(before: Date, signal: AbortSignal): Promise<number>;
  /**
   * Heads that say `removed` and are from before, unless an older one of the
   * same entity and environment would show without.
   */
  deleteRemovedHeads(
    before: Date,
    signal: AbortSignal,
    subjects: Pick<DeploymentSubjects, 'entityRefOf' | 'subjectsOf'>,
  ): Promise<number>;
}

/** Removes what is older than it has to be kept. */
export function createRetentionStore(options: { knex: Knex }): RetentionStore {
  const { knex } = options;
  return {
    deleteDeliveries: (before, signal) =>
      inPieces(signal, limit =>
        deleteOldDeliveries({ knex, before: toText(before), limit }),
      ),
    deleteRuns: (before, signal) =>
      inPieces(signal, limit =>
        deleteOldRuns({ knex, before: toText(before), limit }),
      ),
    deleteReads: before => deleteOldReads({ knex, before: toText(before) }),
    deleteDeployments: (before, signal) =>
      inPieces(signal, limit =>
        deleteOldDeployments({ knex, before: toText(before), limit }),
      ),
    deleteRemovedHeads: (before, signal, subjects) =>
      deleteRemovedHeads({ knex, before: toText(before), signal, subjects }),
  };
}

const DELIVERIES_TABLE = 'custom_data_deliveries';

/** Deletes settled deliveries that were received before, with their attempts. */
async function deleteOldDeliveries(options: {
  knex: Knex;
  before: string;
  limit: number;
}): Promise<number> {
  const { knex, before, limit } = options;
  return knex.transaction(async tx => {
    const old = tx(DELIVERIES_TABLE)
      .where('received_at', '<', before)
      .whereNull('due_at')
      .limit(limit);
    // Whatever somebody has delivered again at this moment is not old.
    const locked = isPostgres(knex) ? old.forUpdate().skipLocked() : old;
    const ids: string[] = await locked.pluck('delivery_id');
    await tx('custom_data_delivery_attempts')
      .where(isAmong(tx, 'delivery_id', ids))
      .delete();
    const deleted: number = await tx(DELIVERIES_TABLE)
      .where(isAmong(tx, 'delivery_id', ids))
      .delete();
    return deleted;
  });
}

const HISTORY_TABLE = 'custom_data_deployments';

/** Deletes events of the history from before. */
async function deleteOldDeployments(options: {
  knex: Knex;
  before: string;
  limit: number;
}): Promise<number> {
  const { knex, before, limit } = options;
  const old: string[] = await knex(HISTORY_TABLE)
    .where('event_at', '<', before)
    .orderBy(['event_at', 'arrival'])
    .limit(limit)
    .pluck('delivery_id');
  return knex(HISTORY_TABLE).where(isAmong(knex, 'delivery_id', old)).delete();
}

const READS_TABLE = 'custom_data_read_state';
const REFS_TABLE = 'custom_data_read_refs';

/** Deletes what is known of records that no location has read for so long. */
async function deleteOldReads(options: {
  knex: Knex;
  before: string;
}): Promise<number> {
  const { knex, before } = options;
  return knex.transaction(async tx => {
    const deleted: number = await tx(READS_TABLE)
      .whereRaw("coalesce(fetched_at, '') < ?", before)
      .whereRaw("coalesce(retry_at, '') < ?", before)
      .delete();
    if (deleted > 0) {
      await tx(REFS_TABLE)
        .whereNotExists(
          tx(`${READS_TABLE} as s`)
            .whereRaw(
              `s.source = ${REFS_TABLE}.source and s.record_id = ${REFS_TABLE}.record_id`,
            )
            .select(tx.raw('1')),
        )
        .delete();
    }
    return deleted;
  });
}

const RUNS_TABLE = 'custom_data_runs';
const SUCCESSES = ['applied', 'unchanged'];

/**
 * Deletes runs that ended and began before; of each source the last one stays,
 * and the last that brought its list home.
 */
async function deleteOldRuns(options: {
  knex: Knex;
  before: string;
  limit: number;
}): Promise<number> {
  const { knex, before, limit } = options;
  const old: string[] = await knex(`${RUNS_TABLE} as r`)
    .where('r.started_at', '<', before)
    .whereNot('r.outcome', 'running')
    .whereExists(laterRun(knex))
    .andWhere(either =>
      either
        .whereNotIn('r.outcome', SUCCESSES)
        .orWhere('r.kind', 'record')
        .orWhereExists(
          laterRun(knex)
            .whereIn('l.outcome', SUCCESSES)
            .whereNot('l.kind', 'record'),
        ),
    )
    .limit(limit)
    .pluck('r.run_id');
  return knex(RUNS_TABLE).where(isAmong(knex, 'run_id', old)).delete();
}

function laterRun(knex: Knex): Knex.QueryBuilder {
  return knex(`${RUNS_TABLE} as l`)
    .whereRaw('l.source = r.source and l.started_at > r.started_at')
    .select(knex.raw('1'));
}

/** Others have their turn at the tables in between. */
const ROWS_AT_ONCE = 1000;

/**
 * Removes a piece at a time until one is not full, or until the signal aborts;
 * how many rows in all.
 */
async function inPieces(
  signal: AbortSignal,
  remove: (limit: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  while (!signal.aborted) {
    const removed = await remove(ROWS_AT_ONCE);
    total += removed;
    if (removed < ROWS_AT_ONCE) {
      break;
    }
  }
  return total;
}
