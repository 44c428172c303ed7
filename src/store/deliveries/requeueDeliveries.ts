import type { Knex } from 'knex';
import { inChunks } from '../../model/inChunks';
import { toText } from '../time';
import { DELIVERIES_TABLE } from './deliveryRow';
import { isOneOf } from './isOneOf';
import { lockDeliveries } from './lockDeliveries';

/**
 * Makes deliveries due as if they had just come; how many. Whoever is settling
 * one of them loses its claim.
 */
export async function requeueDeliveries(options: {
  knex: Knex;
  ids: string[];
  now: Date;
}): Promise<number> {
  const { knex, ids, now } = options;
  let count = 0;
  for (const chunk of inChunks(ids)) {
    const rows = lockDeliveries(knex, chunk)
      .whereNot({ state: 'ignored' })
      .select('sequence');
    count += await knex(DELIVERIES_TABLE)
      .where(isOneOf(knex, rows))
      .update({
        state: 'pending',
        reason: null,
        ticket: null,
        due_at: toText(now),
        settled_at: null,
        queued_at: toText(now),
        attempts_before: knex.ref('attempts'),
      });
  }
  return count;
}
