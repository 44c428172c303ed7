/*
 * POST /snapshots/:id/restore   the plans that give entities back as they were:
 *                               one, a selection or all. A dry run shows them
 */
import type express from 'express';
import { z } from 'zod';
import { showChanges } from '../ingestion/changes/showChanges';
import {
  planRestore,
  proposeRestore,
  type Restore,
} from '../upkeep/snapshots/restoreSnapshot';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataSnapshotRestorePermission } from './permissions';
import {
  limitInput,
  parseInput,
  readJsonBody,
  reasonInput,
  refInput,
  untilInput,
} from './requests';
import { requireSnapshot } from './snapshotRoutes';
import { visibleItems } from './visibleEntities';

const restoreBody = z.strictObject({
  /** Whether the plans are only shown; true by default. */
  dryRun: z.boolean().default(true),
  /** All by default. Then what came since is removed. */
  entityRefs: z.array(refInput).min(1).max(1000).optional(),
  /** Whether what came since stays. */
  keepNew: z.boolean().default(false),
  reason: reasonInput.optional(),
  /** Until when the entities stay pinned. */
  until: untilInput.optional(),
  limit: limitInput,
});

export function addSnapshotRestoreRoute(
  router: express.Router,
  context: ApiContext,
): void {
  addRoute(
    router,
    'POST /snapshots/:id/restore',
    {
      summary:
        'Makes the plans that restore entities of a snapshot, one for each source',
      body: restoreBody,
      answers: { 200: answers.restore, 201: answers.restore },
    },
    readJsonBody,
    async (req, res) => {
      const { id } = req.params;
      const credentials = await assertMayRead(context, req);
      const { answer, dryRun } = await withAudit(context, {
        req,
        permission: customDataSnapshotRestorePermission,
        eventId: 'snapshot-restore',
        meta: { snapshot: id },
        work: async by => {
          const {
            dryRun: isDry,
            limit,
            ...asked
          } = parseInput(restoreBody, req.body ?? {});
          const snapshot = await requireSnapshot(context, id);
          const options = { ...asked, snapshot };
          const restore = isDry
            ? await planRestore(context, options)
            : await proposeRestore(context, { ...options, by });
          const shown = { restore, limit, credentials };
          return { dryRun: isDry, answer: await showRestore(context, shown) };
        },
        outcome: result => ({
          dryRun: result.dryRun,
          plans: result.answer.plans.map(({ source, plan }) => ({
            source,
            hash: plan.hash,
          })),
        }),
      });
      res.status(dryRun ? 200 : 201).json({ dryRun, ...answer });
    },
  );
}

/** The beginning of each list, without entities that the caller may not see. */
async function showRestore(
  context: ApiContext,
  options: {
    restore: Restore;
    limit: number;
    credentials: Awaited<ReturnType<typeof assertMayRead>>;
  },
) {
  const { knex } = context;
  const { limit, credentials } = options;
  const { plans, left } = options.restore;
  const visible = <T extends { entityRef: string }>(items: T[]) =>
    visibleItems(context, {
      items,
      refsOf: ({ entityRef }) => [entityRef],
      credentials,
    });
  const shown = [];
  for (const { source, plan, changes } of plans) {
    const first = changes.slice(0, limit);
    const items = await showChanges({ knex, source, changes: first });
    shown.push({
      source,
      plan,
      changes: { totalItems: changes.length, items: await visible(items) },
    });
  }
  return {
    plans: shown,
    left: {
      totalItems: left.length,
      items: await visible(left.slice(0, limit)),
    },
  };
}
