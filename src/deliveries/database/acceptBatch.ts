import type { Knex } from 'knex';
import type { AcceptedDelivery, NewDelivery } from '../delivery';
import { findEarlier } from './findEarlier';
import { findWinners } from './findWinners';
import { insertDeliveries } from './insertDeliveries';
import { planBatch } from './planBatch';

/**
 * Stores deliveries, or finds those that they repeat: one statement, another
 * before it for what they follow, where that matters, and one after it for
 * those that others have stored in between. The unique key decides, whatever
 * the first has seen.
 */
export async function acceptBatch(options: {
  knex: Knex;
  deliveries: NewDelivery[];
  now: Date;
}): Promise<Array<AcceptedDelivery | Error>> {
  const { knex, deliveries, now } = options;
  const earlier = await findEarlier({ knex, deliveries });
  const { rows, answers } = planBatch({ deliveries, earlier, now });
  const inserted = await insertDeliveries({ knex, rows });
  const lost = rows.filter(row => !inserted.has(row.delivery_id));
  if (lost.length === 0) {
    return answers;
  }
  const winners = await findWinners({ knex, rows: lost });
  const losers = new Set(lost.map(row => row.delivery_id));
  return answers.map(answer =>
    losers.has(answer.id) ? toRepeat(winners.get(answer.id)) : answer,
  );
}

function toRepeat(winner: string | undefined): AcceptedDelivery | Error {
  return winner === undefined
    ? new Error('The delivery that this one repeats has just been removed')
    : { id: winner, repeated: true };
}
