import type { Knex } from 'knex';
import { updateRows } from '../../database/bulk';
import { safeText, toText } from '../../database/columns';
import type { Settlement } from '../delivery';
import { type AttemptRow, keepAttempts } from './attempts';
import { DELIVERIES_TABLE } from './deliveryRow';
import { lockDeliveries } from './lockDeliveries';

/**
 * Ends deliveries, or gives them back until they are due again, and keeps the
 * attempts; but for those that have passed to another. The ids of those ended.
 */
export async function settleDeliveries(options: {
  knex: Knex;
  ticket: string;
  settlements: Map<string, Settlement>;
  now: Date;
}): Promise<Set<string>> {
  const { knex, ticket, settlements, now } = options;
  return knex.transaction(async tx => {
    const held: HeldRow[] = await lockDeliveries(tx, [...settlements.keys()])
      .where({ ticket })
      .select('delivery_id', 'attempts', 'claimed_at');
    const settled = held.map(row => ({
      ...row,
      settlement: settlements.get(row.delivery_id)!,
    }));
    await updateRows({
      tx,
      table: DELIVERIES_TABLE,
      key: ['delivery_id'],
      rows: settled.map(each => toState({ ...each, now })),
    });
    await keepAttempts(
      tx,
      settled.map(each => toAttempt({ ...each, now })),
    );
    return new Set(held.map(row => row.delivery_id));
  });
}

interface HeldRow {
  delivery_id: string;
  attempts: number;
  claimed_at: string;
}

type SettledRow = HeldRow & { settlement: Settlement; now: Date };

function toState({ delivery_id, settlement, now }: SettledRow) {
  const isOver = settlement.state !== 'failed';
  return {
    delivery_id,
    state: settlement.state,
    reason: reasonOf(settlement),
    due_at: isOver ? null : toText(settlement.retryAt ?? now),
    settled_at: isOver ? toText(now) : null,
    ticket: null,
  };
}

function toAttempt(row: SettledRow): AttemptRow {
  const { delivery_id, attempts, claimed_at, settlement, now } = row;
  return {
    delivery_id,
    attempt: attempts,
    started_at: claimed_at,
    ended_at: toText(now),
    state: settlement.state,
    reason: reasonOf(settlement),
  };
}

function reasonOf({ reason }: Settlement): string | null {
  return reason === undefined ? null : safeText(reason);
}
