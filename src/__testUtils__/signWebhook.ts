import { createHmac } from 'node:crypto';

export const WEBHOOK_SECRET = 'a-secret-of-enough-bytes';

/** For senders of Standard Webhooks: the base64 of a key. */
export const WEBHOOK_KEY = `whsec_${Buffer.from(
  'a key of more than 24 bytes',
).toString('base64')}`;

/** The headers that go with a body. */
export type SignWebhook = (body: string) => Record<string, string>;

/** What else is signed. */
interface Signed {
  id: string;
  /** In milliseconds since 1970; now, where it is left out. */
  at?: number;
}

/** The plain signature: over the body alone. */
export const signBody: SignWebhook = body => ({
  'X-Catalog-Signature': hexOf(body),
});

/** The same, with time and delivery id signed along. */
export function signTimed({ id, at }: Signed): SignWebhook {
  const timestamp = secondsOf(at);
  return body => ({
    'X-Catalog-Delivery': id,
    'X-Catalog-Timestamp': timestamp,
    'X-Catalog-Signature': hexOf(`v1:${timestamp}.${id}.${body}`),
  });
}

export function signStandard({ id, at }: Signed): SignWebhook {
  const timestamp = secondsOf(at);
  const key = Buffer.from(WEBHOOK_KEY.replace('whsec_', ''), 'base64');
  return body => {
    const signature = createHmac('sha256', key)
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64');
    return {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    };
  };
}

function hexOf(signed: string): string {
  return createHmac('sha256', WEBHOOK_SECRET).update(signed).digest('hex');
}

function secondsOf(at: number = Date.now()): string {
  return `${Math.floor(at / 1000)}`;
}
