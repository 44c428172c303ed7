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
  ATTEMPTS_TABLE,
  DELIVERIES_TABLE,
  DELIVERY_COLUMNS,
  type DeliveryRow,
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

const DUE = `
  select sequence, delivery_id, attempts, claimed_at, due_at, ticket
  from ${DELIVERIES_TABLE} where due_at <= :now
  order by due_at, sequence limit :limit`;

/** A delivery that is due and still has a ticket was lost by its last process. */
const insertLostAttempts = (due: string) => `
  insert into ${ATTEMPTS_TABLE}
    (delivery_id, attempt, started_at, ended_at, state, reason)
  select delivery_id, attempts, coalesce(claimed_at, due_at), due_at, 'failed', :reason
  from ${due} where ticket is not null
  on conflict (delivery_id, attempt) do nothing`;

const claimWhere = (condition: string) => `
  update ${DELIVERIES_TABLE} set ticket = :ticket, due_at = :until,
    claimed_at = :now, attempts = attempts + 1,
    attempts_lost = attempts_lost + case when ticket is null then 0 else 1 end
  where ${condition} returning ${DELIVERY_COLUMNS.join(', ')}`;

/** One statement. For an array the planner looks the rows up by their key; for `in` it may read all. */
const ON_POSTGRES = `
  with due as materialized (${DUE} for update skip locked),
    lost as (${insertLostAttempts('due')})
  ${claimWhere('sequence = any(array(select sequence from due))')}`;

/** One transaction, in which both statements see the same rows. */
const ON_SQLITE = [
  insertLostAttempts(`(${DUE}) as due`),
  claimWhere(`sequence in (select sequence from (${DUE}))`),
];

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
  const { knex, limit, leaseMs, now } = options;
  const ticket = randomUUID();
  const bindings = {
    ticket,
    limit,
    now: toText(now),
    until: toText(new Date(now.getTime() + leaseMs)),
    reason: LOST_REASON,
  };
  const rows: DeliveryRow[] = await redactValues(async () =>
    isPostgres(knex)
      ? (
          await knex.raw(ON_POSTGRES, bindings)
        ).rows
      : claimOnSqlite(knex, bindings),
  );
  return rows
    .map(row => ({ ...toDelivery(row), ticket }))
    .sort((a, b) => a.sequence - b.sequence);
}

function claimOnSqlite(
  knex: Knex,
  bindings: Record<string, string | number>,
): Promise<DeliveryRow[]> {
  const [insertLost, claim] = ON_SQLITE;
  return knex.transaction(async tx => {
    await tx.raw(insertLost, bindings);
    const rows: DeliveryRow[] = await tx.raw(claim, bindings);
    return rows;
  });
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
