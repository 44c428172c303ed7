import type { JsonObject } from '@backstage/types';

const TEXT_SECRET = 'a-secret-of-the-fuzz-run-0123456789';
const KEY = Buffer.from('0123456789abcdef0123456789abcdef');

/** Who may send, each in its own way. */
export const SENDERS = {
  plain: Buffer.from(TEXT_SECRET),
  timed: Buffer.from(TEXT_SECRET),
  standard: KEY,
};

export type SenderName = keyof typeof SENDERS;

export const SENDER_NAMES = Object.keys(SENDERS) as SenderName[];

const LIMITS = {
  rateLimit: { requests: 1_000_000, window: { seconds: 1 } },
  concurrency: 10_000,
  services: ['service-*'],
  environments: ['staging', 'production'],
};

const secret = { id: 'fuzz', secret: TEXT_SECRET };
const older = { id: 'older', secret: `${TEXT_SECRET}-of-last-year` };

/** The module's configuration. */
export const FUZZ_CONFIG: JsonObject = {
  webhooks: {
    plain: { ...LIMITS, secrets: [older, secret] },
    timed: { ...LIMITS, secrets: [secret], requireTimestamp: true },
    standard: {
      ...LIMITS,
      dialect: 'standard-webhooks',
      secrets: [{ id: 'fuzz', secret: `whsec_${KEY.toString('base64')}` }],
    },
  },
};
