/*
 * The routes under `/custom-data/sources`: how sources are doing, and what
 * people decide about them. Reads need `catalog.ingestion.read`; what changes
 * something has a permission of its own for each danger, and is audited.
 *
 * Lists are `{ items, totalItems, pageInfo: { nextCursor } }`. Errors are
 * Backstage's, sent by the error handler of the backend.
 */
import type express from 'express';
import Router from 'express-promise-router';
import type { ManageStore, SourceControl } from '../model/manage';
import { createAccess, type Access, type AccessOptions } from './access';
import type { OwnerLookup } from './createOwnerLookup';
import { addReadRoutes } from './readRoutes';
import { addWriteRoutes } from './writeRoutes';

export interface ApiRouterOptions extends AccessOptions {
  manage: ManageStore;
  control: SourceControl;
  ownersOf: OwnerLookup;
  now: () => Date;
}

/** What the routes work with. */
export interface ApiContext {
  access: Access;
  manage: ManageStore;
  control: SourceControl;
  ownersOf: OwnerLookup;
  now: () => Date;
}

export function createApiRouter(options: ApiRouterOptions): express.Router {
  const context: ApiContext = { ...options, access: createAccess(options) };
  const routes = Router();
  addReadRoutes(routes, context);
  addWriteRoutes(routes, context);
  const router = Router();
  router.use('/custom-data', routes);
  return router;
}
