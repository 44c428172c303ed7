import { metrics, type ObservableCallback } from '@opentelemetry/api';

const METER = 'backstage-plugin-catalog-backend-module-custom-data';

export type WebhookTracker = ReturnType<typeof createWebhookTracker>;

/** Counts what happens to webhooks, with OpenTelemetry; without its SDK, nothing. */
export function createWebhookTracker() {
  const counter = (name: string, description: string) =>
    metrics.getMeter(METER).createCounter(`custom_data.webhooks.${name}`, {
      unit: '{request}',
      description,
    });
  const accepted = counter(
    'accepted',
    'Webhooks that were stored, and repeats of them',
  );
  const rejected = counter(
    'rejected',
    'Webhooks that could not be verified, by the reason',
  );
  const refused = counter(
    'refused',
    'Webhooks that were verified and yet not taken, by the reason',
  );
  const limited = counter(
    'limited',
    'Webhooks beyond the limits of their sender, by the limit',
  );
  return {
    accepted: ({ sender, repeated }: { sender: string; repeated: boolean }) =>
      accepted.add(1, { sender, repeated }),
    rejected: ({ sender, code }: { sender?: string; code: string }) =>
      rejected.add(1, { ...senderLabel(sender), code }),
    refused: ({ sender, code }: { sender: string; code: string }) =>
      refused.add(1, { sender, code }),
    limited: ({ sender, limit }: { sender?: string; limit: string }) =>
      limited.add(1, { ...senderLabel(sender), limit }),
  };
}

/** A name that a caller made up is no label: labels are kept for good. */
function senderLabel(sender: string | undefined): { sender?: string } {
  return sender === undefined ? {} : { sender };
}

/** From a delivery that is processed at once to one that is given up after a day, in seconds. */
const AGE_BUCKETS = [
  0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400,
];

export type DeliveryTracker = ReturnType<typeof createDeliveryTracker>;

/** Counts attempts at deliveries. */
export function createDeliveryTracker() {
  const meter = metrics.getMeter(METER);
  const settled = meter.createCounter('custom_data.deliveries.settled', {
    unit: '{delivery}',
    description: 'Attempts at a delivery, by the state that they ended in',
  });
  const age = meter.createHistogram('custom_data.deliveries.age', {
    unit: 's',
    description: 'Time from the receipt of a delivery to the end of an attempt',
    advice: { explicitBucketBoundaries: AGE_BUCKETS },
  });
  return {
    attempted: (options: { sender: string; state: string; ageMs: number }) => {
      const { sender, state, ageMs } = options;
      settled.add(1, { sender, state });
      age.record(Math.max(0, ageMs) / 1000, { sender, state });
    },
  };
}

/**
 * Shows what needs a person, as often as somebody measures, until the signal
 * is aborted.
 */
export function trackAttention(
  read: () => Promise<Array<{ source: string; code: string }>>,
  signal: AbortSignal,
): void {
  const gauge = metrics
    .getMeter(METER)
    .createObservableGauge('custom_data.sources.attention', {
      unit: '{source}',
      description: 'Sources that need a person, by the reason',
    });
  const observe: ObservableCallback = async result => {
    for (const labels of await read()) {
      result.observe(1, labels);
    }
  };
  gauge.addCallback(observe);
  signal.addEventListener('abort', () => gauge.removeCallback(observe));
}
