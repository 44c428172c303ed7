/*
 * Routes at the catalog's own paths, which the reference of catalog integration
 * names and the catalog does not have:
 * GET  /schemas            the schemas of entities, as `{ schemas }`
 * POST /locations          with a Location manifest in place of one target
 * POST /locations/dry-run  what a location would give
 * POST /refresh            without a body: all entities of our sources
 * PUT  /entities/by-name/… an entity, or a backup that has it
 *
 * No request that the catalog answers with success is taken. What its parser of
 * bodies leaves alone is mounted behind its routes. The others stand before them:
 * it would lose the text of a manifest, and takes no more than 100 kB. Of these,
 * POST hands on the rest, and the catalog has no PUT of its own.
 * `catalog.customData.aliasRoutes: false` takes all of them away.
 */
import { catalogEntityValidatePermission } from '@backstage/plugin-catalog-common/alpha';
import type express from 'express';
import Router from 'express-promise-router';
import type { LocationManifest } from '../../locations/manifests/readManifest';
import { registerManifest } from '../../locations/manifests/registerManifest';
import { refreshAll } from '../../upkeep/refreshAll';
import { listSchemas } from '../../validation/catalogSchemas';
import { assertMayRead, withAudit } from '../access';
import type { ApiContext } from '../createApiRouter';
import { customDataSourceSyncPermission } from '../permissions';
import { readJsonBody } from '../requests';
import { ENTITY_PATH, putHandler } from '../pushRoutes';
import { SCHEMAS_PATH } from '../schemaRoutes';
import { readManifestBody } from './readManifestBody';
import { dryRunHandler } from './referenceRoutes';

/** Stand before the catalog's routes. */
export function createRoutesBefore(context: ApiContext): express.Router {
  const router = Router();
  router.post('/locations', async (req, res) => {
    const manifest = hasBody(req) && (await readManifestBody(req, res));
    return manifest ? register(context, { req, res, manifest }) : 'next';
  });
  router.post('/refresh', async (req, res) =>
    hasBody(req) ? 'next' : refresh(context, req, res),
  );
  router.put(ENTITY_PATH, putHandler(context));
  return router;
}

/** Stand behind the catalog's routes. */
export function createRoutesBehind(context: ApiContext): express.Router {
  const router = Router();
  router.get('/schemas', async (req, res) => {
    await assertMayRead(context, req, catalogEntityValidatePermission);
    const schemas = listSchemas(await context.readModel());
    res.json({
      schemas: schemas.map(({ schema, ...about }) => ({
        ...about,
        href: `${SCHEMAS_PATH}/${encodeURIComponent(about.name)}`,
      })),
    });
  });
  router.post('/locations/dry-run', readJsonBody, dryRunHandler(context));
  return router;
}

function hasBody({ headers }: express.Request): boolean {
  const { 'content-length': length = '0' } = headers;
  return length !== '0' || headers['transfer-encoding'] !== undefined;
}

async function register(
  context: ApiContext,
  options: {
    req: express.Request;
    res: express.Response;
    manifest: LocationManifest;
  },
): Promise<void> {
  const { req, res, manifest } = options;
  const { name, targets, repeated } = manifest;
  const credentials = await context.httpAuth.credentials(req, {
    allow: ['user', 'service'],
  });
  const items = await withAudit(context, {
    req,
    // The catalog asks its own permission for each target.
    permission: [],
    eventId: 'manifest-register',
    meta: { name, targets: targets.length },
    work: by => registerManifest(context, { manifest, credentials, by }),
  });
  const isNew = items.some(({ state }) => state === 'registered');
  res.status(isNew ? 201 : 200).json({
    name,
    items,
    notes: repeated.map(
      target =>
        `"${target}" stands in the manifest more than once; it counts once`,
    ),
  });
}

async function refresh(
  context: ApiContext,
  req: express.Request,
  res: express.Response,
): Promise<void> {
  const credentials = await context.httpAuth.credentials(req, {
    allow: ['user', 'service'],
  });
  const started = await withAudit(context, {
    req,
    permission: customDataSourceSyncPermission,
    eventId: 'refresh-all',
    meta: {},
    work: by => refreshAll(context, { credentials, by }),
  });
  const href = `/api/catalog/custom-data/refreshes/${started.id}`;
  res
    .status(202)
    .location(href)
    .json({ ...started, href });
}
