import express from 'express';
import { z } from 'zod';
import type { PlanDecision } from '../model/plan';
import type { ApiContext } from './createApiRouter';
import { parseInput } from './parseInput';
import {
  customDataPlanDecidePermission,
  customDataSourceSyncPermission,
} from './permissions';

/** On a route, never on the router: that is shared with all of the catalog. */
const readBody = express.json({ limit: '100kb', type: () => true });

const syncBody = z.strictObject({
  recordId: z.string().min(1).max(255).optional(),
});

const DECISIONS: Record<string, PlanDecision> = {
  approve: 'approved',
  reject: 'rejected',
};

/** What people do with sources. */
export function addWriteRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  const { access, control } = context;

  router.post('/sources/:source/sync', readBody, async (req, res) => {
    const { source } = req.params;
    const { recordId } = parseInput(syncBody, req.body ?? {});
    await access.write({
      req,
      permission: customDataSourceSyncPermission,
      eventId: 'source-sync',
      meta: { source, ...(recordId !== undefined && { recordId }) },
      work: async () => {
        if (recordId === undefined) {
          await control.start(source);
          res.status(202).json({ status: 'started' });
        } else {
          const status = await control.syncRecord(source, recordId);
          res.json({ status });
        }
      },
    });
  });

  for (const action of ['pause', 'resume'] as const) {
    router.post(`/sources/:source/${action}`, async (req, res) => {
      const { source } = req.params;
      await access.write({
        req,
        permission: customDataSourceSyncPermission,
        eventId: `source-${action}`,
        meta: { source },
        work: by => control[action](source, by),
      });
      res.status(204).end();
    });
  }

  for (const [action, decision] of Object.entries(DECISIONS)) {
    router.post(`/sources/:source/plan/:hash/${action}`, async (req, res) => {
      const { source, hash } = req.params;
      await access.write({
        req,
        permission: customDataPlanDecidePermission,
        eventId: 'plan-decide',
        meta: { source, hash, decision },
        work: by => control.decide({ source, hash, decision, by }),
      });
      res.json({ hash, state: decision });
    });
  }
}
