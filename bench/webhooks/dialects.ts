import type { JsonObject } from '@backstage/types';
import { LIMITS, type Scheme, SENDER_CONFIG } from './settings';

/** What every format is told of a deployment. */
export interface Told {
  id: string;
  service: string;
  environment: string;
  time: string;
}

interface DialectBench {
  scheme: Scheme;
  /** The keys of its sender that are not those of the others. */
  config: JsonObject;
  headers?: Record<string, string>;
  payload: (told: Told) => JsonObject;
}

const { allowFrom, trustProxy } = SENDER_CONFIG;
const COMMIT = 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e';

/** The formats that are signed with an HMAC. A sender has the name of its format. */
export const DIALECTS: Record<string, DialectBench> = {
  github: {
    scheme: 'github',
    config: { dialect: 'github' },
    payload: ({ id, service, environment, time }) => ({
      action: 'created',
      deployment: {
        sha: COMMIT,
        environment,
        payload: { service, version: id },
      },
      deployment_status: { state: 'success', environment, created_at: time },
      repository: { full_name: `acme/${service}` },
    }),
  },
  cdevents: {
    scheme: 'timed',
    config: { dialect: 'cdevents', requireTimestamp: true },
    payload: ({ id, service, environment, time }) => ({
      context: {
        id,
        source: '/bench',
        type: 'dev.cdevents.service.deployed.0.3.0',
        timestamp: time,
      },
      subject: {
        id: service,
        content: {
          environment: { id: environment },
          artifactId: `pkg:oci/${service}@${id}`,
        },
      },
    }),
  },
  flux: {
    scheme: 'flux',
    config: { dialect: 'flux' },
    payload: ({ id, service, environment, time }) => ({
      involvedObject: { kind: 'HelmRelease', name: service },
      severity: 'info',
      reason: 'UpgradeSucceeded',
      timestamp: time,
      metadata: { revision: id, environment },
    }),
  },
  json: {
    scheme: 'timed',
    config: {
      dialect: 'json',
      requireTimestamp: true,
      mapping: {
        event: '$lookup({"ok": "deployment.success"}, result)',
        service: 'app.name',
        version: 'app.version',
        environment: 'stage',
        time: 'finishedAt',
      },
    },
    payload: ({ id, service, environment, time }) => ({
      result: 'ok',
      app: { name: service, version: id },
      stage: environment,
      finishedAt: time,
    }),
  },
};

/** A sender for each of them, set up like that of dialect `catalog`. */
export const DIALECT_SENDERS: JsonObject = Object.fromEntries(
  Object.entries(DIALECTS).map(([name, { config }]) => [
    name,
    {
      ...LIMITS,
      allowFrom,
      trustProxy,
      ...config,
    },
  ]),
);
