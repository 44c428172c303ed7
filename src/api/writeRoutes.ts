import express from 'express';
import { z } from 'zod';
import type { PlanDecision } from '../ingestion/database/plans';
import type { ApiContext } from './apiContext';
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

const planHash = z.string().regex(/^[0-9a-f]{64}$/, {
  error: 'The hash of a plan has 64 hexadecimal digits',
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
    const status = await access.write({
      req,
      permission: customDataSourceSyncPermission,
      eventId: 'source-sync',
      meta: { source },
      work: async () => {
        const { recordId } = parseInput(syncBody, req.body ?? {});
        if (recordId !== undefined) {
          return control.syncRecord(source, recordId);
        }
        await control.start(source);
        return 'started' as const;
      },
    });
    res.status(status === 'started' ? 202 : 200).json({ status });
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
        work: by =>
          control.decide({
            source,
            hash: parseInput(planHash, hash),
            decision,
            by,
          }),
      });
      res.json({ hash, state: decision });
    });
  }
}
