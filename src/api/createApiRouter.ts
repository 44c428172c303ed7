/*
 * The routes under `/custom-data/sources`: how sources are doing, and what
 * people decide about them; and under `/custom-data/entities`: where those come
 * from. Reads need `catalog.ingestion.read`; what changes
 * something has a permission of its own for each danger, and is audited.
 *
 * Lists are `{ items, totalItems, pageInfo: { nextCursor } }`. Errors are
 * Backstage's, sent by the error handler of the backend.
 */
import type express from 'express';
import Router from 'express-promise-router';
import { createAccess, type AccessOptions } from './access';
import type { ApiContext } from './apiContext';
import { addExplainRoutes } from './explainRoutes';
import { addReadRoutes } from './readRoutes';
import { addWriteRoutes } from './writeRoutes';

export type ApiRouterOptions = AccessOptions & Omit<ApiContext, 'access'>;

export function createApiRouter(options: ApiRouterOptions): express.Router {
  const context: ApiContext = { ...options, access: createAccess(options) };
  const routes = Router();
  addReadRoutes(routes, context);
  addWriteRoutes(routes, context);
  addExplainRoutes(routes, context);
  const router = Router();
  router.use('/custom-data', routes);
  return router;
}
