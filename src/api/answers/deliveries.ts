import { z } from 'zod';
import { DELIVERY_STATES } from '../../deliveries/delivery';
import {
  DEPLOYMENT_EVENTS,
  DEPLOYMENT_STATUSES,
} from '../../deployments/deployment';
import { count, text, time } from './common';

const destination = { environment: text, target: text.optional() };

export const delivery = z.object({
  id: text,
  sender: text,
  externalId: text.optional(),
  secretId: text,
  dialect: text,
  event: z
    .object({
      ...destination,
      event: z.enum(DEPLOYMENT_EVENTS),
      service: text,
      version: text,
      owner: text.optional(),
      catalogRefresh: z.boolean(),
      time: time.optional(),
      sequence: count.optional(),
      url: text.optional(),
      commit: text.optional(),
      commitTime: time.optional(),
      digest: text.optional(),
      physicalEnvironment: text.optional(),
      repository: text.optional(),
    })
    .optional(),
  state: z.enum(DELIVERY_STATES),
  reason: text.optional(),
  attempts: count,
  receivedAt: time,
  settledAt: time.optional(),
  dueAt: time.optional(),
});

export const deliveryDetails = delivery.extend({
  digest: text,
  headers: z.record(text, text),
  payload: text,
  attemptList: z.array(
    z.object({
      attempt: count,
      startedAt: time,
      endedAt: time,
      state: z.enum(DELIVERY_STATES),
      reason: text.optional(),
    }),
  ),
});

const shownDeployment = z.object({ version: text, deployedAt: time });

export const replayPlan = z.object({
  hash: text,
  count,
  states: z.partialRecord(z.enum(DELIVERY_STATES), count),
  entities: z.array(
    z.object({
      entityRef: text,
      environments: z.array(
        z.object({
          ...destination,
          before: shownDeployment.optional(),
          after: shownDeployment.optional(),
        }),
      ),
    }),
  ),
  hidden: count,
});

export const redelivered = z.object({ id: text });
export const replayed = z.object({ replayed: count });

/** Those that run have `deployedAt` and `current`, those of the history the rest. */
export const deployment = z.object({
  ...destination,
  entityRef: text,
  service: text,
  sender: text,
  status: z.enum(DEPLOYMENT_STATUSES),
  version: text,
  deliveryId: text,
  deployedAt: time.optional(),
  current: z.boolean().optional(),
  eventAt: time.optional(),
  sequence: count.optional(),
  url: text.optional(),
  commit: text.optional(),
  commitTime: time.optional(),
  digest: text.optional(),
  physicalEnvironment: text.optional(),
});

const ref = text.nullable().optional();
const figure = z.number().nullable();

export const deploymentSummary = z.object({
  since: time,
  until: time,
  by: text,
  items: z.array(
    z.object({
      service: ref,
      owner: ref,
      system: ref,
      environment: text,
      changes: count,
      deployments: count,
      failed: count,
      deploymentsPerDay: figure,
      changeFailureRate: figure,
      medianTimeToRestoreSeconds: figure,
      medianLeadTimeSeconds: figure,
    }),
  ),
});

export const sender = z.object({
  name: text,
  state: z.enum(['active', 'paused', 'misconfigured']),
  reason: text.optional(),
  dialect: text.optional(),
  owner: text.optional(),
  purpose: text.optional(),
  entity: text,
  paused: z.object({ by: text.optional(), at: time.optional() }).optional(),
  lastUsedAt: time.optional(),
  secrets: z.array(
    z.object({
      id: text,
      state: z.enum(['valid', 'not-yet-valid', 'expired']),
      notBefore: time.optional(),
      notAfter: time.optional(),
      rotateBy: time.optional(),
      firstSeenAt: time,
      dueAt: time,
      overdue: z.boolean(),
      lastUsedAt: time.optional(),
    }),
  ),
});

export const acceptedWebhook = z.object({
  id: text,
  state: z.enum(['ignored', 'held']).optional(),
  reason: text.optional(),
});
