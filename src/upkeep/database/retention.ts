import type { Knex } from 'knex';
import { isAmong, isPostgres } from '../../database/bulk';
import { toText } from '../../database/columns';
import {
  ATTEMPTS_TABLE,
  DELIVERIES_TABLE,
  TOKENS_TABLE,
} from '../../deliveries/database/tables';
import {
  CURRENT_COLUMNS,
  CURRENT_TABLE,
  HISTORY_TABLE,
  toCurrent,
} from '../../deployments/database/tables';
import type { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { BESIDE_THE_LIST } from '../../ingestion/database/runs';
import { READS_TABLE, REFS_TABLE } from '../../locations/database/recordReads';
import {
  deleteSnapshots,
  SNAPSHOTS_TABLE,
} from '../../ingestion/snapshots/tables';
import { CONFLICTS_TABLE } from '../push/database/conflicts';

interface DeleteOptions {
  knex: Knex;
  /** Rows older than this are deleted. */
  before: Date;
  /** Stops the work after the batch in progress. */
  signal: AbortSignal;
}

const BATCH_SIZE = 1000;

/**
 * Deletes batches until one is not full or the signal aborts, so that other
 * statements can use the tables in between. Returns the number of rows.
 */
async function deleteInBatches(
  signal: AbortSignal,
  deleteBatch: (limit: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  while (!signal.aborted) {
    const count = await deleteBatch(BATCH_SIZE);
    total += count;
    if (count < BATCH_SIZE) {
      break;
    }
  }
  return total;
}

/** Deletes completed deliveries that were received earlier, with their attempts. */
export async function deleteOldDeliveries(
  options: DeleteOptions,
): Promise<number> {
  const { knex, before, signal } = options;
  return deleteInBatches(signal, limit =>
    knex.transaction(async tx => {
      const old = tx(DELIVERIES_TABLE)
        .where('received_at', '<', toText(before))
        .whereNull('due_at')
        .limit(limit);
      // A delivery that somebody redelivers at this moment is locked.
      const locked = isPostgres(knex) ? old.forUpdate().skipLocked() : old;
      const ids: string[] = await locked.pluck('delivery_id');
      await tx(ATTEMPTS_TABLE).where(isAmong(tx, 'delivery_id', ids)).delete();
      const deleted: number = await tx(DELIVERIES_TABLE)
        .where(isAmong(tx, 'delivery_id', ids))
        .delete();
      return deleted;
    }),
  );
}

/** Deletes older events of the deployment history. Current deployments stay. */
export async function deleteOldDeployments(
  options: DeleteOptions,
): Promise<number> {
  const { knex, before, signal } = options;
  return deleteInBatches(signal, async limit => {
    const old: string[] = await knex(HISTORY_TABLE)
      .where('event_at', '<', toText(before))
      .orderBy(['event_at', 'arrival'])
      .limit(limit)
      .pluck('delivery_id');
    return knex(HISTORY_TABLE)
      .where(isAmong(knex, 'delivery_id', old))
      .delete();
  });
}

/**
 * Deletes older current deployments with the status `removed`, each together
 * with the older ones of the same entity and destination that it hides: without
 * it they would show again. A deployment that is newer than it stays, also one
 * that is recorded meanwhile.
 */
export async function deleteRemovedDeployments(
  options: DeleteOptions & { subjects: DeploymentSubjects },
): Promise<number> {
  const { knex, subjects, before, signal } = options;
  let total = 0;
  let rows: any[];
  do {
    rows = await knex(CURRENT_TABLE)
      .where({ status: 'removed' })
      .andWhere('event_at', '<', toText(before))
      .select(CURRENT_COLUMNS)
      .limit(BATCH_SIZE);
    for (const row of rows) {
      const { sender, serviceKey } = toCurrent(row);
      const entityRef = subjects.entityRefOf(sender, serviceKey);
      const services = entityRef ? subjects.servicesOf(entityRef) : [];
      const pairs = services.map(each => [each.sender, each.serviceKey]);
      total += await knex(CURRENT_TABLE)
        .where({ environment: row.environment })
        .whereIn(['sender', 'service_key'], [[sender, serviceKey], ...pairs])
        .whereRaw('(event_at, arrival) <= (?, ?)', [row.event_at, row.arrival])
        .delete();
    }
  } while (rows.length === BATCH_SIZE && !signal.aborted);
  return total;
}

/** Deletes what is stored of records that no location has read since. */
export async function deleteOldReads(
  options: Pick<DeleteOptions, 'knex' | 'before'>,
): Promise<number> {
  const { knex } = options;
  const before = toText(options.before);
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

/** Deletes what tokens were used for that have expired. */
export async function deleteExpiredTokens(
  options: DeleteOptions,
): Promise<number> {
  const { knex, before, signal } = options;
  return deleteInBatches(signal, async limit => {
    const ended: string[] = await knex(TOKENS_TABLE)
      .where('ends_at', '<', toText(before))
      .limit(limit)
      .pluck('token');
    return knex(TOKENS_TABLE).where(isAmong(knex, 'token', ended)).delete();
  });
}

const RUNS_TABLE = 'custom_data_runs';
const SUCCESSES = ['applied', 'unchanged'];

/**
 * Deletes older runs that have ended. The last run of each source stays, and
 * the last one that read its list successfully.
 */
export async function deleteOldRuns(options: DeleteOptions): Promise<number> {
  const { knex, before, signal } = options;
  return deleteInBatches(signal, async limit => {
    const old: string[] = await knex(`${RUNS_TABLE} as r`)
      .where('r.started_at', '<', toText(before))
      .whereNot('r.outcome', 'running')
      .whereExists(laterRun(knex))
      .andWhere(either =>
        either
          .whereNotIn('r.outcome', SUCCESSES)
          .orWhereIn('r.kind', BESIDE_THE_LIST)
          .orWhereExists(
            laterRun(knex)
              .whereIn('l.outcome', SUCCESSES)
              .whereNotIn('l.kind', BESIDE_THE_LIST),
          ),
      )
      .limit(limit)
      .pluck('r.run_id');
    await knex('custom_data_run_changes')
      .where(isAmong(knex, 'run_id', old))
      .delete();
    return knex(RUNS_TABLE).where(isAmong(knex, 'run_id', old)).delete();
  });
}

function laterRun(knex: Knex): Knex.QueryBuilder {
  return knex(`${RUNS_TABLE} as l`)
    .whereRaw('l.source = r.source and l.started_at > r.started_at')
    .select(knex.raw('1'));
}

/** An import takes far less. One that its process did not end is not shown to anybody. */
const IMPORT_MS = 24 * 3_600_000;

/**
 * Deletes snapshots that are older, and of those of the same source and
 * namespace all but the newest `max`.
 */
export async function deleteOldSnapshots(options: {
  knex: Knex;
  before: Date;
  max: number;
  now: Date;
}): Promise<number> {
  const { knex, before, max, now } = options;
  const ranked = knex(SNAPSHOTS_TABLE)
    .whereNotNull('digest')
    .select(
      'id',
      'created_at',
      knex.raw(
        'row_number() over (partition by source, namespace order by created_at desc, id) as place',
      ),
    );
  const old: string[] = await knex
    .from(ranked.as('s'))
    .where('place', '>', max)
    .orWhere('created_at', '<', toText(before))
    .pluck('id');
  const abandoned: string[] = await knex(SNAPSHOTS_TABLE)
    .whereNull('digest')
    .andWhere('created_at', '<', toText(new Date(now.getTime() - IMPORT_MS)))
    .pluck('id');
  return deleteSnapshots({ knex, ids: [...old, ...abandoned] });
}

/** Deletes writes that expected another revision, where the last one was earlier. */
export async function deleteOldConflicts({
  knex,
  before,
}: Omit<DeleteOptions, 'signal'>): Promise<number> {
  return knex(CONFLICTS_TABLE).where('at', '<', toText(before)).delete();
}
