import type { JsonObject } from '@backstage/types';
import { DIALECTS, type Told } from './dialects';
import { type Issuer, signToken } from './issuer';
import {
  type Scheme,
  SENDER,
  signatureHeaders,
  TOKEN_SENDER,
} from './settings';

export * from './settings';

/** Where each subject takes webhooks, and how they are signed for it. */
const RECEIVERS: Record<string, { path: string; scheme: Scheme }> = {
  module: {
    path: `/api/catalog/custom-data/webhooks/${SENDER}`,
    scheme: 'timed',
  },
  tokens: {
    path: `/api/catalog/custom-data/webhooks/${TOKEN_SENDER}`,
    scheme: 'token',
  },
  events: { path: '/api/events/http/github', scheme: 'github' },
  'insert-each': { path: '/api/catalog/bench/insert-each', scheme: 'plain' },
  ...Object.fromEntries(
    Object.entries(DIALECTS).map(([name, { scheme }]) => [
      name,
      { path: `/api/catalog/custom-data/webhooks/${name}`, scheme },
    ]),
  ),
};

const BYTES = 8_000;

/** What a pipeline sends beside the payload's fields, such as the changes of a release. */
const CHANGES = Array.from(
  { length: 200 },
  (_, index) => `${index * 2_654_435_761} Mend part ${index} of the importer; `,
).join('');

export interface Deployment {
  subject: string;
  /** Different for each. Also the version. */
  id: string;
  service: string;
  environment?: string;
  /** Signs where the subject takes tokens. */
  issuer?: Issuer;
}

function plainPayload({ id, service, environment, time }: Told): JsonObject {
  return {
    event: 'deployment.success',
    service,
    version: id,
    catalog_refresh: false,
    metadata: { owner: 'team-harbour', environment },
    time,
    url: `https://ci.example.com/runs/${id}`,
  };
}

/** A webhook of 8,000 bytes: the same body for all subjects, but those of a dialect. */
export function createRequest(deployment: Deployment) {
  const { subject, id, service, issuer } = deployment;
  const { environment = 'production' } = deployment;
  const { path, scheme } = RECEIVERS[subject];
  const time = new Date();
  const told = { id, service, environment, time: time.toISOString() };
  const payload = {
    ...(DIALECTS[subject]?.payload(told) ?? plainPayload(told)),
    changes: '',
  };
  payload.changes = CHANGES.slice(0, BYTES - JSON.stringify(payload).length);
  const body = Buffer.from(JSON.stringify(payload));
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'User-Agent': 'bench',
    'X-Forwarded-For': '10.20.3.4',
    'X-Request-Id': id,
    ...(scheme === 'token'
      ? { Authorization: `Bearer ${signToken(issuer!, service)}` }
      : Object.fromEntries(signatureHeaders(scheme, { id, time, body }))),
  };
  return { path, headers, body };
}
