import fc from 'fast-check';
import type { Delivery } from '../delivery';
import { DEPLOYMENT_EVENTS } from '../../deployments/deployment';
import { aDelivery, minutes } from './aDelivery';

/** Deliveries of one entity, another order of them, and where to cut that into pieces. */
export function deliveryLists() {
  return fc
    .array(
      fc.record({
        sender: fc.constantFrom('ci', 'argo'),
        service: fc.constantFrom('payments-api', 'payments-legacy'),
        environment: fc.constantFrom('production', 'staging'),
        event: fc.constantFrom(...DEPLOYMENT_EVENTS),
        time: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
        sequence: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map(all =>
      all.map(({ sender, time, sequence, ...event }, i) =>
        aDelivery(
          i + 1,
          {
            ...event,
            ...(time !== undefined && { time: minutes(time).toISOString() }),
            ...(sequence !== undefined && { sequence }),
          },
          { sender },
        ),
      ),
    )
    .chain(deliveries =>
      fc.record({
        deliveries: fc.constant(deliveries),
        order: fc.shuffledSubarray(deliveries, {
          minLength: deliveries.length,
        }) as fc.Arbitrary<Delivery[]>,
        cuts: fc
          .uniqueArray(fc.integer({ min: 1, max: deliveries.length }))
          .map(cuts => [0, ...cuts.sort((a, b) => a - b)]),
      }),
    );
}
