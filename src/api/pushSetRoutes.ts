/*
 * PUT /sources/:source/entities   all of a push source
 * GET /conflicts                  writes that expected another revision
 */
import { ConflictError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import { findSource } from '../ingestion/control/sources';
import { withoutLocations } from '../ingestion/push/pushedRecords';
import { sourcePath } from '../lib/keys';
import {
  type ConflictReport,
  listConflicts,
} from '../upkeep/push/database/conflicts';
import { assertMayPushAll } from '../upkeep/push/findTarget';
import { pushSet } from '../upkeep/push/pushSet';
import { toEntities } from '../upkeep/push/toVersion';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataEntityPushPermission } from './permissions';
import { BODY_TYPES, readEntitiesBody } from './pushRoutes';
import { readPageQuery, toListAnswer } from './requests';
import { visibleItems } from './visibleEntities';

export function addPushSetRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addSetRoute(router, context);
  addConflictRoute(router, context);
}

function addSetRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'PUT /sources/:source/entities',
    {
      summary:
        'Makes these all entities of a push source; 202 where removals are held',
      body: z.array(answers.entity),
      bodyTypes: BODY_TYPES,
      answers: { 200: answers.writtenSet, 202: answers.writtenSet },
    },
    async (req, res) => {
      const { source } = req.params;
      const { run, plan } = await withAudit(context, {
        req,
        permission: customDataEntityPushPermission,
        eventId: 'entities-push',
        meta: { source },
        work: async by => {
          const known = await findSource(context, source);
          if (known.type !== 'configured' || known.settings.type !== 'push') {
            throw new ConflictError(
              `Source "${source}" is not given its entities: it is ${
                known.type === 'configured' ? 'polled' : known.type
              }, and not of type "push"`,
            );
          }
          assertMayPushAll(known.settings, by);
          const entities = await toEntities(
            context.sources.get(source)!,
            await readEntitiesBody(req, res),
          );
          return pushSet(context, source, entities);
        },
        outcome: ({ run: { id, counts } }) => ({ runId: id, ...counts }),
      });
      res.status(plan ? 202 : 200).json({
        runId: run.id,
        outcome: run.outcome,
        counts: run.counts,
        held: run.held,
        plan: plan && {
          hash: plan.hash,
          count: plan.count,
          path: `${sourcePath(source)}/plan`,
        },
      });
    },
  );
}

function addConflictRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /conflicts',
    {
      summary: 'Writes that expected another revision, the latest first',
      isPaged: true,
      answers: { 200: answers.listOf(answers.conflict) },
    },
    async (req, res) => {
      const credentials = await assertMayRead(context, req);
      const page = readPageQuery(req, ['text', 'text']);
      const conflicts = await listConflicts({ ...context, page });
      const items = await visibleItems(context, {
        items: conflicts.items,
        refsOf: ({ entityRef }) => [entityRef],
        credentials,
      });
      res.json(
        toListAnswer({ ...conflicts, items: items.map(presentConflict) }),
      );
    },
  );
}

function presentConflict({ current, given, ...conflict }: ConflictReport) {
  const present = (version: typeof current) =>
    version && {
      revision: version.hash,
      entity: withoutLocations(version.entity),
    };
  return { ...conflict, current: present(current), given: present(given) };
}
