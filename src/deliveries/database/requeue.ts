import type { Knex } from 'knex';
import { isAmong, selectBound } from '../../database/bulk';
import { redactValues, toText } from '../../database/columns';
import type { Service } from '../../deployments/deployment';
import { inChunks } from '../../lib/inChunks';
import {
  ATTEMPT_COLUMNS,
  type AttemptColumns,
  DELIVERIES_TABLE,
  insertAttempts,
  lockDeliveries,
  updateLocked,
} from './tables';

/** The reason of an attempt that was in flight when its delivery was queued again. */
const INTERRUPTED_REASON = 'It was delivered again before this was over';

/**
 * Makes deliveries pending and due as if they had just arrived, except ignored
 * ones; returns how many. Whoever processes one of them at the moment loses its
 * claim.
 */
export async function requeueDeliveries(options: {
  knex: Knex;
  ids: string[];
  now: Date;
}): Promise<number> {
  const { knex, now } = options;
  let count = 0;
  for (const chunk of inChunks(options.ids)) {
    count += await redactValues(() =>
      knex.transaction(async tx => {
        const rows: AttemptColumns[] = await lockDeliveries(tx)
          .where(isAmong(tx, 'delivery_id', chunk))
          .whereNot({ state: 'ignored' })
          .select(ATTEMPT_COLUMNS);
        await insertAttempts(
          tx,
          rows
            .filter(row => row.ticket !== null)
            .map(row => ({
              row,
              endedAt: toText(now),
              state: 'failed',
              reason: INTERRUPTED_REASON,
            })),
        );
        const ids = rows.map(row => row.delivery_id);
        const queued: number = await tx(DELIVERIES_TABLE)
          .where(isAmong(tx, 'delivery_id', ids))
          .update(queuedAt(tx, now));
        return queued;
      }),
    );
  }
  return count;
}

/** What makes a delivery pending. */
function queuedAt(knex: Knex | Knex.Transaction, now: Date) {
  return {
    state: 'pending',
    reason: null,
    ticket: null,
    due_at: toText(now),
    settled_at: null,
    queued_at: toText(now),
    attempts_before: knex.ref('attempts'),
    attempts_lost: 0,
  };
}

/** Makes the held deliveries of senders pending; returns how many. */
export async function releaseHeld(options: {
  knex: Knex;
  senders: string[];
  now: Date;
}): Promise<number> {
  const { knex, senders, now } = options;
  const held = lockDeliveries(knex)
    .whereRaw("state = 'held'")
    .whereIn('sender', senders);
  return redactValues(() => updateLocked(knex, held, queuedAt(knex, now)));
}

/** The condition of the index of unmatched deliveries. SQLite uses the index only for the same words. */
const IS_UNMATCHED = "state = 'unmatched'";

/** The services of unmatched deliveries by sender and key, from the index alone. */
export async function listUnmatchedServices(options: {
  knex: Knex;
  limit: number;
  after?: Service;
}): Promise<Service[]> {
  const { knex, limit, after } = options;
  const query = knex(DELIVERIES_TABLE)
    .whereRaw(IS_UNMATCHED)
    .orderBy(['sender', 'service_key'])
    .limit(limit)
    .distinct('sender', 'service_key');
  if (after) {
    query.andWhereRaw('(sender, service_key) > (?, ?)', [
      after.sender,
      after.serviceKey,
    ]);
  }
  const rows = await redactValues(async () => query);
  return rows.map(({ sender, service_key }) => ({
    sender,
    serviceKey: service_key,
  }));
}

/** Makes the unmatched deliveries of services pending; returns how many. */
export async function requeueUnmatched(options: {
  knex: Knex;
  services: Service[];
  now: Date;
}): Promise<number> {
  const { knex, services, now } = options;
  const unmatched = lockDeliveries(knex)
    .whereRaw(IS_UNMATCHED)
    .whereRaw('(sender, service_key) in (?)', [
      selectBound(knex, { columns: ['sender', 'serviceKey'], rows: services }),
    ]);
  return redactValues(() => updateLocked(knex, unmatched, queuedAt(knex, now)));
}
