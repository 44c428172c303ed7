import { meter } from './meter';

export type WebhookTracker = ReturnType<typeof createWebhookTracker>;

/** Counts what happens to webhooks of these senders, with OpenTelemetry; without its SDK, nothing. */
export function createWebhookTracker(senders: Array<{ name: string }>) {
  const counter = (name: string, description: string) =>
    meter().createCounter(name, { description });
  const accepted = counter(
    'custom_data_webhooks_accepted',
    'Webhooks that were stored, and repeats of them',
  );
  const rejected = counter(
    'custom_data_webhooks_rejected',
    'Webhooks that could not be verified, by the reason',
  );
  const refused = counter(
    'custom_data_webhooks_refused',
    'Webhooks that were verified and yet not taken, by the reason',
  );
  const limited = counter(
    'custom_data_webhooks_limited',
    'Webhooks beyond the limits of their sender, by the limit',
  );
  // An alert on an increase does not see a first value above zero.
  rejected.add(0, { code: 'sender-unknown' });
  senders.forEach(({ name: sender }) =>
    rejected.add(0, { sender, code: 'signature-wrong' }),
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
