import { createHmac } from 'node:crypto';

export const WEBHOOK_SECRET = 'a-secret-of-enough-bytes';

/** For senders of Standard Webhooks: the base64 of a key. */
export const WEBHOOK_KEY = `whsec_${Buffer.from(
  'a key of more than 24 bytes',
).toString('base64')}`;

/** The headers that go with a body. */
export type SignWebhook = (body: string) => Record<string, string>;

/** The plain signature: over the body alone. */
export const signBody: SignWebhook = body => ({
  'X-Catalog-Signature': createHmac('sha256', WEBHOOK_SECRET)
    .update(body)
    .digest('hex'),
});

/** As Standard Webhooks has it, at this moment. */
export function signStandard({ id }: { id: string }): SignWebhook {
  const timestamp = `${Math.floor(Date.now() / 1000)}`;
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
