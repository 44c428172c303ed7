/*
 * POST /clean-up               looks for what is stale, retired, orphaned or without an owner; makes plans unless it is a dry run
 * GET  /clean-up/reports, /clean-up/reports/:id
 */
import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import { cleanUp } from '../upkeep/cleanUp/cleanUp';
import {
  listReports,
  readPlanStates,
  readReport,
} from '../upkeep/cleanUp/database/reports';
import type { CleanUpReport } from '../upkeep/cleanUp/report';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataCleanUpRunPermission } from './permissions';
import {
  nameInput,
  parseInput,
  readJsonBody,
  readPageQuery,
  toListAnswer,
} from './requests';
import { visibleRefs } from './visibleEntities';

const cleanUpBody = z.strictObject({ dryRun: z.boolean().default(true) });

export function addCleanUpRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  const { knex } = context;

  addRoute(
    router,
    'POST /clean-up',
    {
      summary:
        'Looks for what is to be cleaned up, and makes a plan of it for each source unless it is a dry run',
      body: cleanUpBody,
      answers: { 200: answers.cleanUpReport },
    },
    readJsonBody,
    async (req, res) => {
      const { dryRun } = parseInput(cleanUpBody, req.body ?? {});
      const credentials = await assertMayRead(context, req);
      const report = await withAudit(context, {
        req,
        permission: customDataCleanUpRunPermission,
        eventId: 'clean-up',
        meta: { dryRun },
        work: by => cleanUp(context, { dryRun, by }),
      });
      res.json(await presentReport(context, report, credentials));
    },
  );

  addRoute(
    router,
    'GET /clean-up/reports',
    {
      summary: 'What clean-ups found and did, newest first',
      isPaged: true,
      answers: { 200: answers.listOf(answers.cleanUpSummary) },
    },
    async (req, res) => {
      await assertMayRead(context, req);
      const page = readPageQuery(req, ['text', 'text']);
      res.json(toListAnswer(await listReports({ knex, page })));
    },
  );

  addRoute(
    router,
    'GET /clean-up/reports/:id',
    {
      summary:
        'What a clean-up found, what was done, and what was left and why',
      answers: { 200: answers.cleanUpReport },
    },
    async (req, res) => {
      const credentials = await assertMayRead(context, req);
      const id = parseInput(nameInput, req.params.id);
      const report = await readReport({ knex, id });
      if (!report) {
        throw new NotFoundError(
          `There is no report "${id}" of a clean-up; GET /clean-up/reports lists them, for as long as runs are kept`,
        );
      }
      res.json(await presentReport(context, report, credentials));
    },
  );
}

/** A report with what became of its plans, without entities that the caller may not see. Its counts are of all. */
async function presentReport(
  context: ApiContext,
  report: CleanUpReport,
  credentials: BackstageCredentials,
) {
  const { knex } = context;
  const { items, unknownOwners, contradictions, plans } = report;
  const states = await readPlanStates({ knex, plans });
  const visible = await visibleRefs(
    context,
    [
      ...items,
      ...contradictions,
      ...unknownOwners.flatMap(({ entities }) => entities),
    ].map(({ entityRef }) => entityRef),
    credentials,
  );
  const isVisible = ({ entityRef }: { entityRef: string }) =>
    visible.has(entityRef);
  return {
    ...report,
    plans: plans.map(plan => ({
      ...plan,
      state: states.get(plan.hash) ?? 'void',
    })),
    // An entity that was removed is seen by those who may see every entity.
    items: items.filter(isVisible),
    contradictions: contradictions.filter(isVisible),
    unknownOwners: unknownOwners
      .map(each => ({ ...each, entities: each.entities.filter(isVisible) }))
      .filter(({ entities }) => entities.length > 0),
  };
}
