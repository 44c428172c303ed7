import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { toText } from '../../database/columns';
import { inChunks } from '../../lib/inChunks';
import { keepAttempts } from './attempts';
import { DELIVERIES_TABLE } from './deliveryRow';
import { lockDeliveries } from './lockDeliveries';

/** Of an attempt that went on while its delivery was queued once more. */
const REASON = 'It was delivered again before this was over';

interface QueuedRow {
  delivery_id: string;
  attempts: number;
  claimed_at: string | null;
  ticket: string | null;
}

/**
 * Makes deliveries due as if they had just come; how many. Whoever is settling
 * one of them loses its claim, and can no longer say how its attempt ended.
 */
export async function requeueDeliveries(options: {
  knex: Knex;
  ids: string[];
  now: Date;
}): Promise<number> {
  const { knex, ids, now } = options;
  let count = 0;
  for (const chunk of inChunks(ids)) {
    count += await knex.transaction(async tx => {
      const rows: QueuedRow[] = await lockDeliveries(tx, chunk)
        .whereNot({ state: 'ignored' })
        .select('delivery_id', 'attempts', 'claimed_at', 'ticket');
      await keepCutShort({ tx, rows, now });
      return queue({ tx, rows, now });
    });
  }
  return count;
}

interface Options {
  tx: Knex.Transaction;
  rows: QueuedRow[];
  now: Date;
}

async function keepCutShort({ tx, rows, now }: Options): Promise<void> {
  await keepAttempts(
    tx,
    rows
      .filter(({ ticket }) => ticket !== null)
      .map(({ delivery_id, attempts, claimed_at }) => ({
        delivery_id,
        attempt: attempts,
        started_at: claimed_at ?? toText(now),
        ended_at: toText(now),
        state: 'failed',
        reason: REASON,
      })),
  );
}

async function queue({ tx, rows, now }: Options): Promise<number> {
  const ids = rows.map(row => row.delivery_id);
  return tx(DELIVERIES_TABLE)
    .where(isAmong(tx, 'delivery_id', ids))
    .update({
      state: 'pending',
      reason: null,
      ticket: null,
      due_at: toText(now),
      settled_at: null,
      queued_at: toText(now),
      attempts_before: tx.ref('attempts'),
      attempts_lost: 0,
    });
}
