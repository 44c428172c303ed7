import type { JsonObject } from '@backstage/types';
import { NETWORK, SECRET, SENDER } from '../createRequest';
import type { WebhookSubject } from '../names';

/** The sender, with all that it can be held to; the limits are more than anybody reaches. */
export const SENDER_CONFIG: JsonObject = {
  secrets: [{ id: 'bench', secret: SECRET }],
  requireTimestamp: true,
  allowFrom: [NETWORK],
  trustProxy: 1,
  rateLimit: { requests: 1_000_000, window: { seconds: 1 } },
  concurrency: 10_000,
  namespaces: ['default'],
  services: ['service-*'],
  environments: ['staging', 'production'],
  aliases: { 'service-legacy': 'service-0' },
};

/** What the backend of a subject is set to. */
export function subjectConfig(subject: WebhookSubject): JsonObject {
  return {
    catalog: {
      processingInterval: { hours: 6 },
      ...(subject === 'module' && {
        customData: { webhooks: { [SENDER]: SENDER_CONFIG } },
      }),
    },
    events: {
      ...(subject === 'events-no-bus' && { useEventBus: 'never' }),
      ...(subject.startsWith('events') && {
        modules: { github: { webhookSecret: SECRET } },
      }),
    },
  };
}
