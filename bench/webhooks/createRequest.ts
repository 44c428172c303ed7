import { createHmac } from 'node:crypto';
import { createPayload } from './payload';
import type { WebhookSubject } from './names';

/** What all subjects verify with; text, and of enough bytes for each of them. */
export const SECRET = 'a-secret-of-the-benchmark-0123456789';

/** The sender of this module. */
export const SENDER = 'ci';

/** The network that requests say they come from, through one proxy. */
export const NETWORK = '10.20.0.0/16';

const PATHS: Record<WebhookSubject, string> = {
  module: `/api/catalog/custom-data/webhooks/${SENDER}`,
  events: '/api/events/http/github',
  'events-no-bus': '/api/events/http/github',
  bare: '/api/catalog/bench/bare',
  'insert-each': '/api/catalog/bench/insert-each',
  'insert-together': '/api/catalog/bench/insert-together',
};

export interface RequestOptions {
  subject: WebhookSubject;
  /** Different for each. */
  id: string;
  service: string;
  time: Date;
  catalogRefresh?: boolean;
  /** Signs with another secret. */
  forged?: boolean;
}

export interface WebhookRequest {
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** A request as its receiver wants it: the same body for all, signed in its receiver's way. */
export function createRequest(options: RequestOptions): WebhookRequest {
  const { subject, id } = options;
  const body = createPayload(options);
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'bench',
    'X-Forwarded-For': '10.20.3.4',
    ...signatureHeaders(options, body),
  };
  return {
    path: PATHS[subject],
    headers: { ...headers, 'X-Request-Id': id },
    body,
  };
}

function signatureHeaders(
  { subject, id, time, forged = false }: RequestOptions,
  body: Buffer,
): Record<string, string> {
  const sign = (prefix: string) =>
    createHmac('sha256', forged ? `${SECRET}!` : SECRET)
      .update(prefix)
      .update(body)
      .digest('hex');
  switch (subject) {
    case 'module': {
      const timestamp = String(Math.floor(time.getTime() / 1000));
      return {
        'X-Catalog-Timestamp': timestamp,
        'X-Catalog-Delivery': id,
        'X-Catalog-Signature': sign(`v1:${timestamp}.${id}.`),
      };
    }
    case 'events':
    case 'events-no-bus':
      return {
        'X-GitHub-Event': 'deployment_status',
        'X-GitHub-Delivery': id,
        'X-Hub-Signature-256': `sha256=${sign('')}`,
      };
    default:
      return {
        'X-Catalog-Delivery': id,
        'X-Catalog-Signature': sign(''),
      };
  }
}

/** The request as it goes over the wire. */
export function toBytes({ path, headers, body }: WebhookRequest): Buffer {
  const lines = Object.entries({
    Host: '127.0.0.1',
    ...headers,
    'Content-Length': String(body.length),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`),
    body,
  ]);
}
