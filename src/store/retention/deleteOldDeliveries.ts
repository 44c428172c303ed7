import type { Knex } from 'knex';
import { isAmong, isPostgres } from '../bulk';

const DELIVERIES_TABLE = 'custom_data_deliveries';

/** Deletes settled deliveries that were received before, with their attempts. */
export async function deleteOldDeliveries(options: {
  knex: Knex;
  before: string;
  limit: number;
}): Promise<number> {
  const { knex, before, limit } = options;
  return knex.transaction(async tx => {
    const old = tx(DELIVERIES_TABLE)
      .where('received_at', '<', before)
      .whereNull('due_at')
      .limit(limit);
    // Whatever somebody has delivered again at this moment is not old.
    const locked = isPostgres(knex) ? old.forUpdate().skipLocked() : old;
    const ids: string[] = await locked.pluck('delivery_id');
    await tx('custom_data_delivery_attempts')
      .where(isAmong(tx, 'delivery_id', ids))
      .delete();
    const deleted: number = await tx(DELIVERIES_TABLE)
      .where(isAmong(tx, 'delivery_id', ids))
      .delete();
    return deleted;
  });
}
