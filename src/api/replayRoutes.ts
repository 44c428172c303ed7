import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import express from 'express';
import { z } from 'zod';
import type { ReplayPlan } from '../deliveries/createDeliveryControl';
import type { ApiContext } from './apiContext';
import type { VisibleRefs } from './createVisibleRefs';
import { deliveryFilter } from './filters';
import { parseInput } from './parseInput';
import {
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
} from './permissions';

/** On a route, never on the router: that is shared with all of the catalog. */
const readBody = express.json({ limit: '100kb', type: () => true });

const planBody = z.strictObject({
  filter: deliveryFilter,
  dryRun: z.literal(true, { error: 'is true or false' }).optional(),
  hash: z.unknown().optional(),
});

const replayBody = z.strictObject({
  filter: deliveryFilter,
  dryRun: z.literal(false),
  hash: z
    .string({ error: 'is needed, from a dry run' })
    .regex(/^[0-9a-f]{64}$/, {
      error: 'has 64 hexadecimal digits, as a dry run gives it',
    }),
});

/** Has a selection of deliveries settled once more. */
export function addReplayRoutes(
  router: express.Router,
  { access, deliveryControl, visibleRefs }: ApiContext,
): void {
  router.post('/deliveries/replay', readBody, async (req, res) => {
    if (req.body?.dryRun !== false) {
      const caller = await access.assertMayRead(
        req,
        customDataDeliveryReadPermission,
      );
      const { filter } = parseInput(planBody, req.body);
      const plan = await deliveryControl.planReplay(filter);
      res.json(await presentPlan(plan, visibleRefs, caller));
      return;
    }
    const replayed = await access.write({
      req,
      permission: customDataDeliveryReplayPermission,
      eventId: 'delivery-replay',
      meta: toMeta(req.body),
      work: async () => {
        const { filter, hash } = parseInput(replayBody, req.body);
        return deliveryControl.replay(filter, hash);
      },
    });
    res.status(202).json({ replayed });
  });
}

/** What was asked for; nothing of a body that is not as it should be. */
function toMeta(body: unknown): JsonObject {
  const asked = replayBody.safeParse(body);
  return asked.success ? JSON.parse(JSON.stringify(asked.data)) : {};
}

/** Without the entities that the caller may not see, which are counted. */
async function presentPlan(
  plan: ReplayPlan,
  visibleRefs: VisibleRefs,
  caller: BackstageCredentials,
) {
  const visible = await visibleRefs(
    plan.entities.map(({ entityRef }) => entityRef),
    caller,
  );
  const entities = plan.entities.filter(({ entityRef }) =>
    visible.has(entityRef),
  );
  return { ...plan, entities, hidden: plan.entities.length - entities.length };
}
