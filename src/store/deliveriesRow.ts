import type { Delivery, DeliveryState } from '../model/delivery';

export const DELIVERIES_TABLE = 'custom_data_deliveries';

/** A row of the deliveries table. */
export interface DeliveryRow {
  /** PostgreSQL gives it as text. */
  sequence: number | string;
  delivery_id: string;
  sender: string;
  dedupe_key: string;
  external_id: string | null;
  digest: string;
  secret_id: string;
  dialect: string;
  service_key: string;
  environment: string;
  event: string;
  state: DeliveryState;
  reason: string | null;
  attempts: number;
  received_at: string;
  due_at: string | null;
  ticket: string | null;
  settled_at: string | null;
}

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
  };
}
