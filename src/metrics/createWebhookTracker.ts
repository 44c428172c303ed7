import { metrics } from '@opentelemetry/api';
import type { DeliveryTracker } from '../deliveries/delivery';
import type { WebhookTracker } from '../webhooks/sender';

const METER = 'backstage-plugin-catalog-backend-module-custom-data';

/** From a delivery that is settled at once to one that is given up after a day, in seconds. */
const AGE_BUCKETS = [
  0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400,
];

/** Counts webhooks and deliveries with OpenTelemetry; without its SDK, nothing. */
export function createWebhookTracker(): WebhookTracker & DeliveryTracker {
  const { accepted, rejected, refused, limited, settled, age } = instruments();
  return {
    accepted: ({ sender, repeated }) => accepted.add(1, { sender, repeated }),
    rejected: ({ sender, code }) => rejected.add(1, { ...of(sender), code }),
    refused: ({ sender, code }) => refused.add(1, { sender, code }),
    limited: ({ sender, limit }) => limited.add(1, { ...of(sender), limit }),
    settled: ({ sender, state, ageMs }) => {
      settled.add(1, { sender, state });
      age.record(Math.max(0, ageMs) / 1000, { sender, state });
    },
  };
}

/** No label for a name that a caller made up: labels are kept for good. */
function of(sender: string | undefined): { sender?: string } {
  return sender === undefined ? {} : { sender };
}

function instruments() {
  const meter = metrics.getMeter(METER);
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`custom_data.${name}`, { unit, description });
  return {
    accepted: counter(
      'webhooks.accepted',
      '{request}',
      'Webhooks that were stored, and repeats of them',
    ),
    rejected: counter(
      'webhooks.rejected',
      '{request}',
      'Webhooks that could not be verified, by the reason',
    ),
    refused: counter(
      'webhooks.refused',
      '{request}',
      'Webhooks that were verified and yet not taken, by the reason',
    ),
    limited: counter(
      'webhooks.limited',
      '{request}',
      'Webhooks beyond the limits of their sender, by the limit',
    ),
    settled: counter(
      'deliveries.settled',
      '{delivery}',
      'Attempts to settle a delivery, by the state that they ended in',
    ),
    age: meter.createHistogram('custom_data.deliveries.age', {
      unit: 's',
      description:
        'Time from the receipt of a delivery to the end of an attempt',
      advice: { explicitBucketBoundaries: AGE_BUCKETS },
    }),
  };
}
