import type { Delivery, DeliveryState } from '../delivery';

export const DELIVERIES_TABLE = 'custom_data_deliveries';

/** What is read of a delivery where it is worked on. */
export interface DeliveryRow {
  /** PostgreSQL gives it as text. */
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
    event: JSON.parse(row.event),
    state: row.state,
    ...(row.reason !== null && { reason: row.reason }),
    attempts: row.attempts,
    receivedAt: new Date(row.received_at),
    queuedAt: new Date(row.queued_at ?? row.received_at),
    attemptsBefore: row.attempts_before,
    ...(row.attempts_lost > 0 && { attemptsLost: row.attempts_lost }),
  };
}
