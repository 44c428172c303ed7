import type { Knex } from 'knex';
import { claimDeliveries, type ClaimedDelivery } from '../database/claim';
import { completeDeliveries } from '../database/complete';
import type { Outcome } from '../delivery';

/** Claims what is due, and stores the outcome that a test gives each; a millisecond passes. */
export async function completeDue(
  knex: Knex,
  now: Date,
  outcomeOf: (delivery: ClaimedDelivery) => Outcome | undefined,
): Promise<void> {
  const deliveries = await claimDeliveries({
    knex,
    limit: 9999,
    leaseMs: 1000,
    now,
  });
  await completeDeliveries({
    knex,
    attempts: deliveries.flatMap(delivery => {
      const outcome = outcomeOf(delivery);
      return outcome ? [{ delivery, outcome }] : [];
    }),
    now: new Date(now.getTime() + 1),
  });
}
