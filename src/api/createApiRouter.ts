/*
 * The routes under `/custom-data`, except those of the webhooks:
 * - `sources`: how sources are doing, their plans, what operators decide, and
 *   what a run would do
 * - `entities`: where an entity comes from; pins; entities that are pushed
 * - `conflicts`: pushes that met another revision than they expected
 * - `deliveries`: what senders posted, what became of it, and replays
 * - `deployments`: what runs where, the history, and figures of delivery
 * - `senders`: which senders there are; pause and resume
 * - `snapshots`: what entities were at a time, and files of that
 * - `integrations`: what writes to the catalog, whose it is, with which key
 * - `clean-up`: what is stale, retired, orphaned or without an owner
 * - `schemas`, `validate`: what the catalog holds entities to, and checks by it
 * - `openapi.json`: all of these, with what they take and give
 *
 * Reads need `catalog.ingestion.read`, those of deliveries and of what is in a
 * snapshot a permission of their own, and `schemas` and `validate` the catalog's `catalog.entity.validate`. Each kind of change has its own permission, and is audited.
 *
 * Lists are `{ items, totalItems, pageInfo: { nextCursor } }`. Errors are
 * Backstage's, sent by the error handler of the backend.
 */
import { NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type express from 'express';
import Router from 'express-promise-router';
import type { ReplayContext } from '../deliveries/replay';
import type { DryRunContext } from '../ingestion/control/dryRun';
import type { ExplainContext } from '../ingestion/explain/explainEntity';
import type { CleanUpContext } from '../upkeep/cleanUp/cleanUp';
import type { SenderControl } from '../webhooks/SenderControl';
import { type AccessContext, assertMayRead } from './access';
import { addChangeRoutes } from './changeRoutes';
import { addCleanUpRoutes } from './cleanUpRoutes';
import { addDeliveryRoutes } from './deliveryRoutes';
import { addDeploymentRoutes } from './deploymentRoutes';
import { addDeploymentSummaryRoute } from './deploymentSummaryRoute';
import { addDryRunRoute } from './dryRunRoute';
import { addEntityRoutes } from './entityRoutes';
import { addIntegrationRoutes } from './integrationRoutes';
import { addOpenApiRoute } from './openApi';
import { addPinRoutes } from './pinRoutes';
import { addPlanRoutes } from './planRoutes';
import { addPushRoutes, type PushContext } from './pushRoutes';
import { addPushSetRoutes } from './pushSetRoutes';
import { addSenderRoutes } from './senderRoutes';
import { toListAnswer } from './requests';
import { addReferenceRoutes } from './reference/referenceRoutes';
import { addSchemaRoutes } from './schemaRoutes';
import { addSnapshotRestoreRoute } from './snapshotRestoreRoute';
import { addSnapshotRoutes } from './snapshotRoutes';
import { addSourceRoutes } from './sourceRoutes';
import { addValidateRoute, type ValidateContext } from './validateRoute';

/** What the routes work with. */
export interface ApiContext
  extends AccessContext,
    CleanUpContext,
    DryRunContext,
    ExplainContext,
    PushContext,
    ReplayContext,
    ValidateContext {
  senderControl: Pick<SenderControl, 'find' | 'list' | 'pause' | 'resume'>;
  catalog: Pick<
    CatalogService,
    | 'addLocation'
    | 'getEntitiesByRefs'
    | 'refreshEntity'
    | 'removeEntityByUid'
    | 'streamEntities'
  >;
}

export function createApiRouter(context: ApiContext): express.Router {
  const routes = Router();
  addSourceRoutes(routes, context);
  addPlanRoutes(routes, context);
  addChangeRoutes(routes, context);
  addPinRoutes(routes, context);
  addDryRunRoute(routes, context);
  addEntityRoutes(routes, context);
  addPushRoutes(routes, context);
  addPushSetRoutes(routes, context);
  addDeliveryRoutes(routes, context);
  addDeploymentRoutes(routes, context);
  addDeploymentSummaryRoute(routes, context);
  addSenderRoutes(routes, context);
  addIntegrationRoutes(routes, context);
  addCleanUpRoutes(routes, context);
  addReferenceRoutes(routes, context);
  addSnapshotRoutes(routes, context);
  addSnapshotRestoreRoute(routes, context);
  addFileRoutes(routes, context);
  addOpenApiRoute(routes);
  const router = Router();
  router.use('/custom-data', routes);
  return router;
}

/** They need no table, and no configuration. */
function addFileRoutes(router: express.Router, context: ValidateContext): void {
  addSchemaRoutes(router, context);
  addValidateRoute(router, context);
}

const LISTS = ['sources', 'senders', 'deliveries', 'integrations'];

/** The routes while nothing is configured and there are no tables: lists are empty. */
export function createIdleRouter(context: ValidateContext): express.Router {
  const router = Router();
  const routes = Router();
  addFileRoutes(routes, context);
  addOpenApiRoute(routes);
  router.use('/custom-data', routes);
  for (const list of LISTS) {
    router.get(`/custom-data/${list}`, async (req, res) => {
      await assertMayRead(context, req);
      res.json(toListAnswer({ items: [], totalItems: 0 }));
    });
  }
  router.get('/custom-data/deployments', async (req, res) => {
    await assertMayRead(context, req);
    res.json(toListAnswer({ items: [] }));
  });
  router.use('/custom-data', () => {
    throw new NotFoundError('Nothing is configured under "catalog.customData"');
  });
  return router;
}
