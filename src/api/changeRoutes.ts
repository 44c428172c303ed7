/*
 * GET  /sources/:source/runs/:run/changes   what a run changed, field by field
 * POST /sources/:source/runs/:run/undo      the plan that takes it back
 * GET  /sources/:source/plans               plans of all kinds
 * GET  /sources/:source/plans/:hash         one of them, field by field
 */
import { NotFoundError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import { toEntityChanges } from '../ingestion/changes/proposeChanges';
import {
  showChanges,
  showRunChanges,
  type ShownChange,
} from '../ingestion/changes/showChanges';
import {
  findRun,
  planUndo,
  proposeUndo,
  type Undo,
} from '../ingestion/changes/undoRun';
import { findSource } from '../ingestion/control/sources';
import {
  listPlanRefs,
  listPlans,
  readPlan,
} from '../ingestion/database/planDecisions';
import type { PlanRef } from '../ingestion/database/plans';
import { sourcePath } from '../lib/keys';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataRunUndoPermission } from './permissions';
import {
  limitInput,
  nameInput,
  parseInput,
  readJsonBody,
  readPageQuery,
  reasonInput,
  toListAnswer,
  untilInput,
} from './requests';
import { visibleItems } from './visibleEntities';

export function addChangeRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addRunChangesRoute(router, context);
  addUndoRoute(router, context);
  addPlanListRoute(router, context);
  addPlanOfKindRoute(router, context);
}

function addRunChangesRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /sources/:source/runs/:run/changes',
    {
      summary: 'What a run changed, field by field',
      isPaged: true,
      answers: { 200: answers.listOf(answers.shownChange) },
    },
    async (req, res) => {
      const { knex } = context;
      const credentials = await assertMayRead(context, req);
      const page = readPageQuery(req, ['number']);
      const { name: source } = await findSource(context, req.params.source);
      const runId = parseInput(nameInput, req.params.run);
      await findRun(context, { source, runId });
      const changes = await showRunChanges({ knex, runId, page });
      const items = await visibleItems(context, {
        items: changes.items,
        refsOf: ({ entityRef }) => [entityRef],
        credentials,
      });
      res.json(toListAnswer({ ...changes, items }));
    },
  );
}

const undoBody = z.strictObject({
  /** Whether the plan is only shown; true by default. */
  dryRun: z.boolean().default(true),
  reason: reasonInput.optional(),
  /** Until when the entities stay pinned. */
  until: untilInput.optional(),
  limit: limitInput,
});

function addUndoRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'POST /sources/:source/runs/:run/undo',
    {
      summary: 'Makes the plan that takes back what a run changed',
      body: undoBody,
      answers: { 200: answers.undo, 201: answers.undo },
    },
    readJsonBody,
    async (req, res) => {
      const credentials = await assertMayRead(context, req);
      const { source, run } = req.params;
      const { answer, dryRun } = await withAudit(context, {
        req,
        permission: customDataRunUndoPermission,
        eventId: 'run-undo',
        meta: { source, run },
        work: async by => {
          const body = parseInput(undoBody, req.body ?? {});
          const runId = parseInput(nameInput, run);
          const { dryRun: isDry, reason, until, limit } = body;
          const options = { source, runId, reason, until };
          const undo = isDry
            ? await planUndo(context, options)
            : await proposeUndo(context, { ...options, by });
          const shown = await showUndo(context, { source, undo, limit });
          return {
            dryRun: isDry,
            answer: await withoutHiddenChanges(context, shown, credentials),
          };
        },
        outcome: result => ({
          dryRun: result.dryRun,
          hash: result.answer.plan.hash,
        }),
      });
      res.status(dryRun ? 200 : 201).json({ dryRun, ...answer });
    },
  );
}

async function showUndo(
  { knex }: ApiContext,
  options: { source: string; undo: Undo; limit: number },
) {
  const { source, undo, limit } = options;
  const { plan, changes, left } = undo;
  return {
    plan,
    changes: {
      totalItems: changes.length,
      items: await showChanges({
        knex,
        source,
        changes: changes.slice(0, limit),
      }),
    },
    left: { totalItems: left.length, items: left.slice(0, limit) },
  };
}

async function withoutHiddenChanges(
  context: ApiContext,
  shown: Awaited<ReturnType<typeof showUndo>>,
  credentials: Awaited<ReturnType<typeof assertMayRead>>,
) {
  const visible = <T extends { entityRef: string }>(items: T[]) =>
    visibleItems(context, {
      items,
      refsOf: ({ entityRef }) => [entityRef],
      credentials,
    });
  const { changes, left } = shown;
  return {
    ...shown,
    changes: { ...changes, items: await visible(changes.items) },
    left: { ...left, items: await visible(left.items) },
  };
}

function addPlanListRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /sources/:source/plans',
    {
      summary: 'The plans of a source, of all kinds, newest first',
      isPaged: true,
      answers: { 200: answers.listOf(answers.planReport) },
    },
    async (req, res) => {
      const { knex, now } = context;
      await assertMayRead(context, req);
      const page = readPageQuery(req, ['text', 'text']);
      const { name: source } = await findSource(context, req.params.source);
      const plans = await listPlans({ knex, source, page, now: now() });
      res.json(toListAnswer(plans));
    },
  );
}

function addPlanOfKindRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /sources/:source/plans/:hash',
    {
      summary: 'A plan of a source, of any kind, with what it would do',
      isPaged: true,
      answers: { 200: answers.planOfKind },
    },
    async (req, res) => {
      const { knex, now } = context;
      const credentials = await assertMayRead(context, req);
      const page = readPageQuery(req, ['number']);
      const { name: source } = await findSource(context, req.params.source);
      const hash = parseInput(nameInput, req.params.hash);
      const plan = await readPlan({ knex, source, hash, now: now() });
      if (!plan) {
        throw new NotFoundError(
          `Source "${source}" has no plan "${hash}"; GET ${sourcePath(
            source,
          )}/plans lists those that are kept`,
        );
      }
      const refs = await listPlanRefs({ knex, source, hash, page });
      const waits = plan.state === 'pending';
      const shown = waits
        ? await showPlanRefs(context, source, refs.items)
        : refs.items.map(({ change: _, ...ref }) => ref);
      const items = await visibleItems(context, {
        items: shown,
        refsOf: ({ entityRef }) => [entityRef],
        credentials,
      });
      res.json({ plan, ...toListAnswer({ ...refs, items }) });
    },
  );
}

/** What a run held has its fields already. */
async function showPlanRefs(
  { knex }: ApiContext,
  source: string,
  refs: PlanRef[],
): Promise<Array<PlanRef | ShownChange>> {
  const changes = toEntityChanges(refs);
  return changes.length > 0 ? showChanges({ knex, source, changes }) : refs;
}
