import type { Knex } from 'knex';
import { isAmong, updateRows } from '../../database/bulk';
import { redactValues, safeText, toText } from '../../database/columns';
import type { Outcome } from '../delivery';
import type { ClaimedDelivery } from './claim';
import {
  type AttemptRow,
  DELIVERIES_TABLE,
  insertAttempts,
  lockDeliveries,
} from './tables';

/** How an attempt at a delivery ended. */
export interface Attempt {
  delivery: ClaimedDelivery;
  outcome: Outcome;
}

/**
 * Stores the outcomes of deliveries, and the attempts. Returns those that were
 * stored: a delivery whose claim has passed to another is left to that one.
 */
export async function completeDeliveries(options: {
  knex: Knex;
  attempts: readonly Attempt[];
  now: Date;
}): Promise<Attempt[]> {
  const { knex, attempts, now } = options;
  return redactValues(() =>
    knex.transaction(async tx => {
      const ids = attempts.map(({ delivery }) => delivery.id);
      const rows: ClaimedRow[] = await lockDeliveries(tx)
        .where(isAmong(tx, 'delivery_id', ids))
        .select('delivery_id', 'ticket', 'attempts', 'claimed_at');
      const claimed = new Map(rows.map(row => [row.delivery_id, row]));
      const held = attempts.filter(
        ({ delivery: { id, ticket } }) => claimed.get(id)?.ticket === ticket,
      );
      await updateRows({
        tx,
        table: DELIVERIES_TABLE,
        key: ['delivery_id'],
        rows: held.map(each => toState(each, now)),
      });
      await insertAttempts(
        tx,
        held.map(each => toAttempt(each, claimed.get(each.delivery.id)!, now)),
      );
      return held;
    }),
  );
}

interface ClaimedRow {
  delivery_id: string;
  ticket: string | null;
  attempts: number;
  claimed_at: string;
}

function toState({ delivery, outcome }: Attempt, now: Date) {
  const isOver = outcome.state !== 'failed';
  return {
    delivery_id: delivery.id,
    state: outcome.state,
    reason: reasonOf(outcome),
    due_at: isOver ? null : toText(outcome.retryAt ?? now),
    settled_at: isOver ? toText(now) : null,
    ticket: null,
  };
}

function toAttempt(
  { delivery, outcome }: Attempt,
  row: ClaimedRow,
  now: Date,
): AttemptRow {
  return {
    delivery_id: delivery.id,
    attempt: row.attempts,
    started_at: row.claimed_at,
    ended_at: toText(now),
    state: outcome.state,
    reason: reasonOf(outcome),
  };
}

function reasonOf({ reason }: Outcome): string | null {
  return reason === undefined ? null : safeText(reason);
}
