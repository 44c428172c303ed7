/*
 * GET  /deliveries                  what senders posted, and what became of it
 * GET  /deliveries/:id              one delivery with its payload and attempts
 * POST /deliveries/:id/redeliver    process one again
 * POST /deliveries/replay           process a selection again; a dry run shows
 *                                   what that changes
 */
import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import type express from 'express';
import { z } from 'zod';
import { findDelivery, listDeliveries } from '../deliveries/database/readLog';
import { DELIVERY_STATES } from '../deliveries/delivery';
import {
  planReplay,
  redeliver,
  replay,
  unknownDelivery,
} from '../deliveries/replay';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import {
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
} from './permissions';
import {
  nameInput,
  parseInput,
  readFilter,
  readJsonBody,
  readPageQuery,
  SHA256_PATTERN,
  toListAnswer,
  windowInput,
} from './requests';
import { visibleItems } from './visibleEntities';

/** A `DeliveryFilter`, in a query or in JSON. */
const deliveryFilter = windowInput.safeExtend({
  sender: nameInput.optional(),
  state: z.enum(DELIVERY_STATES).optional(),
  service: nameInput.optional(),
  environment: nameInput.optional(),
  target: nameInput.optional(),
});

export function addDeliveryRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addReadRoutes(router, context);
  addRedeliverRoute(router, context);
  addReplayRoute(router, context);
}

function addReadRoutes(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /deliveries',
    {
      summary: 'What senders posted, newest first',
      isPaged: true,
      query: deliveryFilter,
      answers: { 200: answers.listOf(answers.delivery) },
    },
    async (req, res) => {
      res.json(await listStored(context, req));
    },
  );

  addRoute(
    router,
    'GET /deliveries/:id',
    {
      summary: 'A delivery with its payload and its attempts',
      answers: { 200: answers.deliveryDetails },
    },
    async (req, res) => {
      res.json(await showStored(context, req));
    },
  );
}

export async function listStored(context: ApiContext, req: Asked) {
  await assertMayRead(context, req, customDataDeliveryReadPermission);
  const filter = readFilter(req, deliveryFilter);
  const page = readPageQuery(req, ['number']);
  return toListAnswer(await listDeliveries({ ...context, filter, page }));
}

export function showStored(context: ApiContext, req: Asked) {
  const { id } = req.params;
  return withAudit(context, {
    req,
    permission: customDataDeliveryReadPermission,
    eventId: 'delivery-read',
    severityLevel: 'low',
    meta: { delivery: id },
    work: async () => {
      const found = await findDelivery({ ...context, id: checkDeliveryId(id) });
      if (!found) {
        throw unknownDelivery(id);
      }
      return found;
    },
  });
}

function addRedeliverRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'POST /deliveries/:id/redeliver',
    {
      summary: 'Has a delivery processed again',
      answers: { 202: answers.redelivered },
    },
    async (req, res) => {
      res.status(202).json(await redeliverStored(context, req));
    },
  );
}

export async function redeliverStored(context: ApiContext, req: Asked) {
  const { id } = req.params;
  await withAudit(context, {
    req,
    permission: customDataDeliveryReplayPermission,
    eventId: 'delivery-redeliver',
    meta: { delivery: id },
    work: async () => redeliver(context, checkDeliveryId(id)),
  });
  return { id };
}

/** All ids have this form, and a database refuses some of the others. */
function checkDeliveryId(id: string): string {
  if (!/^[\w-]{1,64}$/.test(id)) {
    throw unknownDelivery(id);
  }
  return id;
}

const planBody = z.strictObject({
  filter: deliveryFilter,
  dryRun: z.literal(true, { error: 'is true or false' }).optional(),
  hash: z.unknown().optional(),
});

const replayBody = z.strictObject({
  filter: deliveryFilter,
  dryRun: z.literal(false),
  hash: z.string({ error: 'is needed, from a dry run' }).regex(SHA256_PATTERN, {
    error: 'has 64 hexadecimal digits, as a dry run gives it',
  }),
});

function addReplayRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'POST /deliveries/replay',
    {
      summary:
        'Shows what a replay of many deliveries would change, or has them processed again',
      body: z.union([planBody, replayBody]),
      answers: { 200: answers.replayPlan, 202: answers.replayed },
    },
    readJsonBody,
    async (req, res) => {
      if (req.body?.dryRun !== false) {
        const caller = await assertMayRead(
          context,
          req,
          customDataDeliveryReadPermission,
        );
        res.json(await showReplayPlan(context, req.body, caller));
        return;
      }
      const replayed = await withAudit(context, {
        req,
        permission: customDataDeliveryReplayPermission,
        eventId: 'delivery-replay',
        meta: toAuditMeta(req.body),
        work: async () => {
          const { filter, hash } = parseInput(replayBody, req.body);
          return replay(context, { filter, hash });
        },
        outcome: count => ({ replayed: count }),
      });
      res.status(202).json({ replayed });
    },
  );
}

/** Entities that the caller may not see are left out, and counted. */
async function showReplayPlan(
  context: ApiContext,
  body: unknown,
  credentials: BackstageCredentials,
) {
  const { filter } = parseInput(planBody, body);
  const plan = await planReplay(context, filter);
  const entities = await visibleItems(context, {
    items: plan.entities,
    refsOf: ({ entityRef }) => [entityRef],
    credentials,
  });
  return { ...plan, entities, hidden: plan.entities.length - entities.length };
}

/** An invalid body does not get into the audit log. */
function toAuditMeta(body: unknown): JsonObject {
  const asked = replayBody.safeParse(body);
  return asked.success ? JSON.parse(JSON.stringify(asked.data)) : {};
}
