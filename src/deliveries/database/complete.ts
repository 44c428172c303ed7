import type { Knex } from 'knex';
import { isAmong, updateRows } from '../../database/bulk';
import { redactValues, safeText, toText } from '../../database/columns';
import type { Outcome } from '../delivery';
import type { ClaimedDelivery } from './claim';
import {
  ATTEMPT_COLUMNS,
  type AttemptColumns,
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
      const rows: AttemptColumns[] = await lockDeliveries(tx)
        .where(isAmong(tx, 'delivery_id', ids))
        .select(ATTEMPT_COLUMNS);
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
        held.map(({ delivery, outcome }) => ({
          row: claimed.get(delivery.id)!,
          endedAt: toText(now),
          state: outcome.state,
          reason: reasonOf(outcome),
        })),
      );
      return held;
    }),
  );
}

function toState({ delivery, outcome }: Attempt, now: Date) {
  const isOver = outcome.state !== 'failed';
  return {
    delivery_id: delivery.id,
    state: outcome.state,
    reason: reasonOf(outcome) ?? null,
    due_at: isOver ? null : toText(outcome.retryAt ?? now),
    settled_at: isOver ? toText(now) : null,
    ticket: null,
  };
}

function reasonOf({ reason }: Outcome): string | undefined {
  return reason === undefined ? undefined : safeText(reason);
}
