import type { Knex } from 'knex';
import { insertRows, isPostgres } from '../../database/bulk';
import {
  destinationColumns,
  readDestination,
} from '../../deployments/database/tables';
import type { DeploymentEvent } from '../../deployments/deployment';
import type { Delivery, DeliveryState } from '../delivery';

export const DELIVERIES_TABLE = 'custom_data_deliveries';
export const ATTEMPTS_TABLE = 'custom_data_delivery_attempts';
export const TOKENS_TABLE = 'custom_data_webhook_tokens';

/** What `toDelivery` reads. */
export interface DeliveryRow {
  /** PostgreSQL returns it as text. */
  sequence: number | string;
  delivery_id: string;
  sender: string;
  event: string;
  state: DeliveryState;
  reason: string | null;
  attempts: number;
  received_at: string;
  queued_at: string | null;
  attempts_before: number;
  attempts_lost: number;
}

export const DELIVERY_COLUMNS: Array<keyof DeliveryRow> = [
  'sequence',
  'delivery_id',
  'sender',
  'event',
  'state',
  'reason',
  'attempts',
  'received_at',
  'queued_at',
  'attempts_before',
  'attempts_lost',
];

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.delivery_id,
    sequence: Number(row.sequence),
    sender: row.sender,
    event: readEvent(row.event)!,
    state: row.state,
    ...(row.reason !== null && { reason: row.reason }),
    attempts: row.attempts,
    receivedAt: new Date(row.received_at),
    queuedAt: new Date(row.queued_at ?? row.received_at),
    attemptsBefore: row.attempts_before,
    ...(row.attempts_lost > 0 && { attemptsLost: row.attempts_lost }),
  };
}

/** The event as JSON. Its `environment` is the name of the destination, as in the columns. */
export function writeEvent(event: DeploymentEvent): string {
  const { environment } = destinationColumns(event);
  return JSON.stringify({ ...event, environment });
}

/** The event of a delivery; undefined for an ignored one. */
export function readEvent(text: string): DeploymentEvent | undefined {
  const event: DeploymentEvent | null = JSON.parse(text);
  return event === null ? undefined : { ...event, ...readDestination(event) };
}

/**
 * A query of deliveries that locks them for as long as its statement or
 * transaction lasts. The order is always the same, so that two of them never
 * wait for each other.
 */
export function lockDeliveries(
  knex: Knex | Knex.Transaction,
): Knex.QueryBuilder {
  return knex(DELIVERIES_TABLE).orderBy('sequence').forUpdate();
}

/** Updates the deliveries that a query of `lockDeliveries` finds; returns how many. */
export function updateLocked(
  knex: Knex | Knex.Transaction,
  locked: Knex.QueryBuilder,
  values: Record<string, unknown>,
): Promise<number> {
  const rows = locked.select('sequence');
  return knex(DELIVERIES_TABLE)
    .where(
      // PostgreSQL evaluates an array once, and the query of `in` for each row.
      isPostgres(knex)
        ? knex.raw('sequence = any(array?)', [rows])
        : knex.raw('sequence in ?', [rows]),
    )
    .update(values);
}

/** The columns of a delivery that say how its attempt went. */
export const ATTEMPT_COLUMNS = [
  'delivery_id',
  'attempts',
  'claimed_at',
  'due_at',
  'ticket',
];

export interface AttemptColumns {
  delivery_id: string;
  attempts: number;
  claimed_at: string | null;
  due_at: string | null;
  ticket: string | null;
}

/** Stores the ends of attempts, except of those that are stored already. */
export async function insertAttempts(
  tx: Knex | Knex.Transaction,
  attempts: Array<{
    row: AttemptColumns;
    endedAt: string;
    state: DeliveryState;
    reason?: string;
  }>,
): Promise<void> {
  await insertRows({
    tx,
    table: ATTEMPTS_TABLE,
    key: ['delivery_id', 'attempt'],
    numbers: ['attempt'],
    rows: attempts.map(({ row, endedAt, state, reason }) => ({
      delivery_id: row.delivery_id,
      attempt: row.attempts,
      started_at: row.claimed_at ?? endedAt,
      ended_at: endedAt,
      state,
      reason: reason ?? null,
    })),
  });
}
