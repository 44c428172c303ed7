import type { Knex } from 'knex';
import { isAmong } from '../bulk';

const HISTORY_TABLE = 'custom_data_deployments';

/** Deletes events of the history from before. */
export async function deleteOldDeployments(options: {
  knex: Knex;
  before: string;
  limit: number;
}): Promise<number> {
  const { knex, before, limit } = options;
  const old: string[] = await knex(HISTORY_TABLE)
    .where('event_at', '<', before)
    .orderBy(['event_at', 'arrival'])
    .limit(limit)
    .pluck('delivery_id');
  return knex(HISTORY_TABLE).where(isAmong(knex, 'delivery_id', old)).delete();
}
