/*
 * GET, PUT, DELETE /entities/by-name/:kind/:namespace/:name   an entity, by its revision
 *
 * The revision is a hash of the entity, and its `ETag`. `If-Match` and
 * `If-None-Match` are as in RFC 9110, section 13: they are looked at only once
 * everything else about a write is in order.
 */
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { NotFoundError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type express from 'express';
import { z } from 'zod';
import { readCurrentVersion, type Version } from '../ingestion/database/pushes';
import { withoutLocations } from '../ingestion/push/pushedRecords';
import {
  findTarget,
  isPrincipal,
  type Target,
} from '../upkeep/push/findTarget';
import { readPreconditions } from '../upkeep/push/preconditions';
import type { PushWorker } from '../upkeep/push/PushWorker';
import { isJson, pickEntity, readEntities } from '../upkeep/push/readEntities';
import { restoreEntity } from '../upkeep/push/restoreEntity';
import { toEntity, toVersion } from '../upkeep/push/toVersion';
import {
  PreconditionFailedError,
  writePushed,
  type Written,
} from '../upkeep/push/writeEntity';
import { assertMayRead, nameOf, withAudit } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import {
  customDataPinWritePermission,
  customDataEntityPushPermission,
} from './permissions';
import { assertFewParts, readBytes } from './readBytes';
import { parseInput, refParams, untilInput } from './requests';
import { visibleRefs } from './visibleEntities';

export interface PushContext {
  pushes: Pick<PushWorker, 'flush' | 'request'>;
}

/** Also the catalog's own path of an entity. */
export const ENTITY_PATH = '/entities/by-name/:kind/:namespace/:name';
const MAX_BYTES = 20_000_000;
/** Why, and until when, an entity of another source is pinned. */
const pinQuery = z.strictObject({
  reason: z.string().min(1).max(1000).default('written over HTTP'),
  until: untilInput.transform(time => time.toISOString()).optional(),
});

export const BODY_TYPES = ['application/json', 'application/yaml'];

export function addPushRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addGetRoute(router, context);
  addPutRoute(router, context);
  addDeleteRoute(router, context);
}

function addGetRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    `GET ${ENTITY_PATH}`,
    {
      summary: 'An entity of ours as it is written; its ETag is its revision',
      answers: { 200: answers.entity, 304: undefined },
    },
    async (req, res) => {
      const caller = await assertMayRead(context, req);
      const entityRef = stringifyEntityRef(parseInput(refParams, req.params));
      const current = await readCurrentVersion({ ...context, entityRef });
      const settings = current && context.syncs.get(current.source)?.settings;
      const visible =
        // The catalog shows a conditional reader nothing that is not processed yet.
        settings && isPrincipal(settings, nameOf(caller))
          ? new Set([entityRef])
          : await visibleRefs(context, [entityRef], caller);
      if (!current || !visible.has(entityRef)) {
        throw new NotFoundError(
          `There is no entity "${entityRef}" that a source of this module gives`,
        );
      }
      res
        .setHeader('ETag', toETag(current.hash))
        .json(withoutLocations(current.entity));
    },
  );
}

function toETag(revision: string): string {
  return `"${revision}"`;
}

/** The entity of a request, and what the caller expects of it. */
interface Request {
  entityRef: string;
  by: string;
  expected: string;
  preconditions: ReturnType<typeof readPreconditions>;
}

function readRequest(req: Asked, by: string): Request {
  const { headers } = req;
  const entityRef = stringifyEntityRef(parseInput(refParams, req.params));
  const expected = ['If-Match', 'If-None-Match']
    .filter(name => headers[name.toLowerCase()] !== undefined)
    .map(name => `${name}: ${headers[name.toLowerCase()]}`)
    .join('; ');
  const preconditions = readPreconditions(headers);
  return { entityRef, by, expected, preconditions };
}

function addPutRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    `PUT ${ENTITY_PATH}`,
    {
      summary:
        'Writes an entity of a push source, or restores and pins one of another',
      body: answers.entity,
      bodyTypes: BODY_TYPES,
      answers: { 200: answers.writtenEntity, 201: answers.writtenEntity },
    },
    putHandler(context),
  );
}

/** Also stands at the catalog's own path. */
export function putHandler(context: ApiContext): express.RequestHandler {
  return async (req, res) => {
    const written = await withRevision(res, () =>
      putEntity(context, req, () => readEntitiesBody(req, res)),
    );
    res
      .status(written.before === undefined ? 201 : 200)
      .setHeader('ETag', toETag(written.revision!))
      .json(written);
  };
}

/** Writes the entity that `read` gives, once the caller is let in. */
export async function putEntity(
  context: ApiContext,
  req: Asked,
  read: () => Promise<JsonObject[]>,
) {
  const written = await auditWrite(context, req, 'entity-push', async by => {
    const request = readRequest(req, by);
    const target = await findTarget(context, request);
    const given = pickEntity(
      await read(),
      parseInput(refParams, req.params),
      request.entityRef,
    );
    const source = context.sources.get(target.settings.name)!;
    const after = await toEntity(source, given);
    const next = toVersion(target, after);
    return write(context, req, { target, request, after, next });
  });
  const { source, entityRef, before, after } = written;
  return { entityRef, source, revision: after, before };
}

function addDeleteRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    `DELETE ${ENTITY_PATH}`,
    {
      summary:
        'Removes an entity of a push source, or removes one of another and pins that',
      answers: { 204: undefined },
    },
    async (req, res) => {
      await withRevision(res, () =>
        auditWrite(context, req, 'entity-remove', async by => {
          const request = readRequest(req, by);
          const target = await findTarget(context, request);
          if (!target.current) {
            throw new NotFoundError(
              `There is no entity "${request.entityRef}"`,
            );
          }
          return write(context, req, { target, request });
        }),
      );
      res.status(204).end();
    },
  );
}

type WrittenEntity = Written & { source: string; entityRef: string };

/** Audits a write, with the revisions. */
function auditWrite(
  context: ApiContext,
  req: Asked,
  eventId: string,
  work: (by: string) => Promise<WrittenEntity>,
): Promise<WrittenEntity> {
  const { kind, namespace, name } = req.params;
  return withAudit(context, {
    req,
    permission: customDataEntityPushPermission,
    eventId,
    meta: { entityRef: `${kind}:${namespace}/${name}` },
    work,
    outcome: ({ source, before, after }) => ({
      source,
      before: before ?? null,
      after: after ?? null,
    }),
  });
}

/** An answer of 412 has the present revision as `ETag`. */
async function withRevision<T>(
  res: express.Response,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PreconditionFailedError && error.revision) {
      res.setHeader('ETag', toETag(error.revision));
    }
    throw error;
  }
}

async function write(
  context: ApiContext,
  req: Asked,
  options: {
    target: Target;
    request: Request;
    after?: Entity;
    next?: Version;
  },
): Promise<WrittenEntity> {
  const { target, request, after, next } = options;
  const { name: source, type } = target.settings;
  const { entityRef } = request;
  if (type === 'push') {
    const written = await writePushed(context, target, { ...request, next });
    context.pushes.request(source);
    return { ...written, source, entityRef };
  }
  await assertMayRead(context, req, customDataPinWritePermission);
  const pin = parseInput(pinQuery, req.query);
  const restored = await restoreEntity(context, target, {
    ...request,
    next,
    after,
    pin,
  });
  return { ...restored, source, entityRef };
}

/** A body of entities, once the caller is let in. */
export async function readEntitiesBody(
  req: express.Request,
  res: express.Response,
): Promise<JsonObject[]> {
  const advice = 'send fewer entities at once, or smaller ones';
  const bytes = await readBytes(req, res, { max: MAX_BYTES, advice });
  const json = isJson(bytes, req.headers['content-type']);
  if (!json) {
    assertFewParts(bytes.toString(), 'send JSON, which may have more');
  }
  return readEntities(bytes, json);
}
