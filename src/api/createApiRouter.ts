/*
 * The routes under `/custom-data`, but for the webhooks' own:
 * - `sources`: how sources are doing, and what people decide about them
 * - `entities`: where those come from
 * - `deliveries`: what senders posted, what became of it, and once more
 * - `deployments`: what runs where, and what ran
 * - `senders`: which there are, to be paused
 *
 * Reads need `catalog.ingestion.read`, those of deliveries a permission of their
 * own; what changes something has one for each danger, and is audited.
 *
 * Lists are `{ items, totalItems, pageInfo: { nextCursor } }`. Errors are
 * Backstage's, sent by the error handler of the backend.
 */
import type express from 'express';
import Router from 'express-promise-router';
import { createAccess, type AccessOptions } from './access';
import type { ApiContext } from './apiContext';
import { addDeliveryRoutes } from './deliveryRoutes';
import { addDeploymentRoutes } from './deploymentRoutes';
import { addExplainRoutes } from './explainRoutes';
import { addReadRoutes } from './readRoutes';
import { addReplayRoutes } from './replayRoutes';
import { addSenderRoutes } from './senderRoutes';
import { addWriteRoutes } from './writeRoutes';

export type ApiRouterOptions = AccessOptions & Omit<ApiContext, 'access'>;

export function createApiRouter(options: ApiRouterOptions): express.Router {
  const context: ApiContext = { ...options, access: createAccess(options) };
  const routes = Router();
  addReadRoutes(routes, context);
  addWriteRoutes(routes, context);
  addExplainRoutes(routes, context);
  addDeliveryRoutes(routes, context);
  addReplayRoutes(routes, context);
  addDeploymentRoutes(routes, context);
  addSenderRoutes(routes, context);
  const router = Router();
  router.use('/custom-data', routes);
  return router;
}
