import type { Knex } from 'knex';
import type { AcceptedDelivery, NewDelivery } from '../../model/delivery';
import { findEarlier } from './findEarlier';
import { findWinners } from './findWinners';
import { insertDeliveries } from './insertDeliveries';
import { planBatch, type Earlier } from './planBatch';

const NOTHING: Earlier = { latest: new Map(), known: new Map() };

/**
 * Stores deliveries, or finds those that they repeat, in two statements: what
 * they follow, where that matters, and the insert. A third asks for those that others have stored in
 * between: the unique key decides, whatever the first has seen.
 */
export async function acceptBatch(options: {
  knex: Knex;
  deliveries: NewDelivery[];
  now: Date;
}): Promise<Array<AcceptedDelivery | Error>> {
  const { knex, deliveries, now } = options;
  const earlier = deliveries.every(standsAlone)
    ? NOTHING
    : await findEarlier({ knex, deliveries });
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

/** Whether nothing before it matters: neither to its key, nor to its place in the order of events. */
function standsAlone({ externalId, content }: NewDelivery): boolean {
  return (
    externalId !== undefined &&
    (content.type === 'ignored' || content.event.time !== undefined)
  );
}

function toRepeat(winner: string | undefined): AcceptedDelivery | Error {
  return winner === undefined
    ? new Error('The delivery that this one repeats has just been removed')
    : { id: winner, repeated: true };
}
