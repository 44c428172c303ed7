/*
 * GET  /sources/:source/plan        held removals and changes
 * POST /sources/:source/plan/:hash/approve, /sources/:source/plan/:hash/reject
 */
import type express from 'express';
import { decideOnPlan, showPlan } from '../ingestion/control/plans';
import { findSource } from '../ingestion/control/sources';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataPlanDecidePermission } from './permissions';
import { nameInput, parseInput, readPageQuery, toListAnswer } from './requests';
import { readOwners, visibleItems } from './visibleEntities';

export function addPlanRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addPlanRoute(router, context);
  addDecisionRoutes(router, context);
}

function addPlanRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /sources/:source/plan',
    {
      summary: 'The plan that waits for a decision, or else the latest one',
      isPaged: true,
      answers: { 200: answers.plan },
    },
    async (req, res) => {
      res.json(await showSourcePlan(context, req));
    },
  );
}

export async function showSourcePlan(context: ApiContext, req: Asked) {
  const credentials = await assertMayRead(context, req);
  const page = readPageQuery(req, ['number']);
  const source = await findSource(context, req.params.source);
  const { plan, refs } = await showPlan(context, source, page);
  const visible = await visibleItems(context, {
    items: refs.items,
    refsOf: ({ entityRef }) => [entityRef],
    credentials,
  });
  const owners = await readOwners(
    context,
    visible.map(({ entityRef }) => entityRef),
    credentials,
  );
  const items = visible.map(ref => ({
    ...ref,
    owner: owners.get(ref.entityRef),
  }));
  return { plan: plan ?? null, ...toListAnswer({ ...refs, items }) };
}

const DECISIONS = [
  { action: 'approve', decision: 'approved' },
  { action: 'reject', decision: 'rejected' },
] as const;

function addDecisionRoutes(router: express.Router, context: ApiContext): void {
  for (const { action, decision } of DECISIONS) {
    addRoute(
      router,
      `POST /sources/:source/plan/:hash/${action}`,
      {
        summary: `${
          action === 'approve' ? 'Approves' : 'Rejects'
        } the plan with that hash`,
        answers: { 200: answers.decision },
      },
      async (req, res) => {
        const { source, hash } = req.params;
        const report = await withAudit(context, {
          req,
          permission: customDataPlanDecidePermission,
          eventId: 'plan-decide',
          meta: { source, hash, decision },
          work: async by => {
            parseInput(nameInput, hash);
            const known = await findSource(context, source);
            return decideOnPlan(context, known, { hash, decision, by });
          },
          outcome: done => (done ? { run: done.runId } : {}),
        });
        res.json({
          hash,
          state: report ? 'applied' : decision,
          ...(report && { ...report, applied: report.applied.length }),
        });
      },
    );
  }
}
