import type { JsonObject } from '@backstage/types';
import { createHmac } from 'node:crypto';
import { AUDIENCE, type Issuer } from './issuer';

/** Every subject verifies with it. */
export const SECRET = 'a-secret-of-the-benchmark-0123456789';

/** For senders of Standard Webhooks: the base64 of the same bytes. */
export const KEY = `whsec_${Buffer.from(SECRET).toString('base64')}`;

/** The sender of this module. */
export const SENDER = 'ci';

/** Far above what is ever reached. */
export const LIMITS: JsonObject = {
  secrets: [
    { id: 'older', secret: `${SECRET}-of-last-year` },
    { id: 'bench', secret: SECRET },
  ],
  rateLimit: { requests: 1_000_000, window: { seconds: 1 } },
  concurrency: 10_000,
  services: ['service-*'],
  environments: ['staging', 'production'],
};

/** Sets everything that a sender can be held to. */
export const SENDER_CONFIG: JsonObject = {
  ...LIMITS,
  requireTimestamp: true,
  allowFrom: ['10.20.0.0/16'],
  trustProxy: 1,
  namespaces: ['default'],
  aliases: { 'service-legacy': 'service-0' },
};

/** The sender with tokens, held to the same otherwise. */
export const TOKEN_SENDER = 'tokens';

export function tokenSenderConfig(issuer: Issuer): JsonObject {
  const { secrets: _, requireTimestamp, ...limits } = SENDER_CONFIG;
  const claims = { repository: 'acme/{service}', ref: 'refs/heads/*' };
  return {
    ...limits,
    verify: {
      all: ['jwt'],
      jwt: { issuer: issuer.url, audience: AUDIENCE, claims },
    },
  };
}

/** How requests are signed: three ways of this module, GitHub's, Flux's, and tokens. */
export type Scheme =
  | 'plain'
  | 'timed'
  | 'standard'
  | 'github'
  | 'flux'
  | 'token';

export type Headers = Array<[string, string]>;

export function signatureHeaders(
  scheme: Scheme,
  { id, time, body }: { id: string; time: Date; body: Buffer },
): Headers {
  const timestamp = String(Math.floor(time.getTime() / 1000));
  const sign = (prefix: string, encoding: 'hex' | 'base64' = 'hex') =>
    createHmac('sha256', SECRET).update(prefix).update(body).digest(encoding);
  switch (scheme) {
    case 'plain':
      return [
        ['X-Catalog-Delivery', id],
        ['X-Catalog-Signature', sign('')],
      ];
    case 'timed':
      return [
        ['X-Catalog-Timestamp', timestamp],
        ['X-Catalog-Delivery', id],
        ['X-Catalog-Signature', sign(`v1:${timestamp}.${id}.`)],
      ];
    case 'standard':
      return [
        ['webhook-id', id],
        ['webhook-timestamp', timestamp],
        ['webhook-signature', `v1,${sign(`${id}.${timestamp}.`, 'base64')}`],
      ];
    case 'flux':
      return [['X-Signature', `sha256=${sign('')}`]];
    default:
      return [
        ['X-GitHub-Event', 'deployment_status'],
        ['X-GitHub-Delivery', id],
        ['X-Hub-Signature-256', `sha256=${sign('')}`],
      ];
  }
}
