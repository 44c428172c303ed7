/*
 * Replicas share the deliveries by claims. A claim puts a new ticket on a
 * delivery and moves its due time to the end of a lease. Whoever processes it
 * renews the lease, and removes the ticket at the end. When a process dies, the
 * lease runs out, and any replica claims the delivery again.
 */
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { isAmong, isPostgres } from '../../database/bulk';
import { redactValues, toText } from '../../database/columns';
import type { Delivery } from '../delivery';
import {
  ATTEMPT_COLUMNS,
  type AttemptColumns,
  DELIVERIES_TABLE,
  DELIVERY_COLUMNS,
  type DeliveryRow,
  insertAttempts,
  lockDeliveries,
  toDelivery,
  updateLocked,
} from './tables';

/** A delivery that this process alone may process until its lease ends. */
export interface ClaimedDelivery extends Delivery {
  ticket: string;
}

/** The reason of an attempt that nobody completed. */
const LOST_REASON =
  'The process that worked on it ended, or could not store how that went';

/**
 * Claims deliveries that are due, those first that have been due for longest,
 * and stores the attempts that were lost. On PostgreSQL replicas skip each
 * other's locked rows; on SQLite one writes at a time.
 */
export async function claimDeliveries(options: {
  knex: Knex;
  limit: number;
  leaseMs: number;
  now: Date;
}): Promise<ClaimedDelivery[]> {
  const { knex, leaseMs, now } = options;
  const ticket = randomUUID();
  const claimed = await redactValues(() =>
    knex.transaction(async (tx): Promise<DeliveryRow[]> => {
      const due = await lockDue({ ...options, tx });
      if (due.length === 0) {
        return [];
      }
      // A delivery that is due and still has a ticket was lost by its last process.
      await insertAttempts(
        tx,
        due
          .filter(row => row.ticket !== null)
          .map(row => ({
            row,
            endedAt: row.due_at!,
            state: 'failed',
            reason: LOST_REASON,
          })),
      );
      const ids = due.map(row => row.delivery_id);
      return tx(DELIVERIES_TABLE)
        .where(isAmong(tx, 'delivery_id', ids))
        .update({
          ticket,
          due_at: toText(new Date(now.getTime() + leaseMs)),
          claimed_at: toText(now),
          attempts: tx.raw('attempts + 1'),
          attempts_lost: tx.raw(
            'attempts_lost + case when ticket is null then 0 else 1 end',
          ),
        })
        .returning(DELIVERY_COLUMNS);
    }),
  );
  return claimed
    .map(row => ({ ...toDelivery(row), ticket }))
    .sort((a, b) => a.sequence - b.sequence);
}

async function lockDue(options: {
  tx: Knex.Transaction;
  limit: number;
  now: Date;
}): Promise<AttemptColumns[]> {
  const { tx, limit, now } = options;
  const due = tx(DELIVERIES_TABLE)
    .where('due_at', '<=', toText(now))
    .orderBy(['due_at', 'sequence'])
    .limit(limit)
    .select(ATTEMPT_COLUMNS);
  return isPostgres(tx) ? due.forUpdate().skipLocked() : due;
}

/** Renews the leases of those deliveries whose claim still holds. */
export async function renewClaims(options: {
  knex: Knex;
  deliveries: ClaimedDelivery[];
  until: Date;
}): Promise<void> {
  await updateClaimed(options, { due_at: toText(options.until) });
}

/** Gives back those deliveries whose claim still holds, as if it had never been made. */
export async function releaseClaims(options: {
  knex: Knex;
  deliveries: ClaimedDelivery[];
  now: Date;
}): Promise<void> {
  const { knex, now } = options;
  await updateClaimed(options, {
    ticket: null,
    due_at: toText(now),
    attempts: knex.raw('attempts - 1'),
  });
}

async function updateClaimed(
  { knex, deliveries }: { knex: Knex; deliveries: ClaimedDelivery[] },
  values: Record<string, unknown>,
): Promise<void> {
  if (deliveries.length > 0) {
    const ids = deliveries.map(({ id }) => id);
    const tickets = new Set(deliveries.map(({ ticket }) => ticket));
    const claimed = lockDeliveries(knex)
      .where(isAmong(knex, 'delivery_id', ids))
      .where(isAmong(knex, 'ticket', [...tickets]));
    await redactValues(() => updateLocked(knex, claimed, values));
  }
}
