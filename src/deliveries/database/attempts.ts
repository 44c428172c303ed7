import type { Knex } from 'knex';
import { insertRows } from '../../database/bulk';
import type { DeliveryState } from '../delivery';

export const ATTEMPTS_TABLE = 'custom_data_delivery_attempts';

/** A row of an attempt that is over. */
export interface AttemptRow {
  delivery_id: string;
  attempt: number;
  started_at: string;
  ended_at: string;
  state: DeliveryState;
  reason: string | null;
}

/** Keeps attempts, but for those that are kept already. */
export async function keepAttempts(
  tx: Knex | Knex.Transaction,
  attempts: AttemptRow[],
): Promise<void> {
  await insertRows({
    tx,
    table: ATTEMPTS_TABLE,
    key: ['delivery_id', 'attempt'],
    numbers: ['attempt'],
    rows: attempts.map(attempt => ({ ...attempt })),
  });
}
