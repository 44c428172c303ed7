/*
 * GET  /snapshots          what was kept, newest first
 * POST /snapshots          keeps all entities, or those of a source or namespace
 * GET  /snapshots/:id      the entities, as JSON or as lines of it
 * POST /snapshots/import   makes a snapshot of such a file, or of the answer of
 *                          the catalog's own `GET /entities`
 */
import { NotFoundError } from '@backstage/errors';
import type express from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { namespace } from '../config/entities';
import { findSource } from '../ingestion/control/sources';
import type { Snapshot } from '../ingestion/snapshots/snapshot';
import {
  findSnapshot,
  listSnapshots,
  readSnapshotLines,
} from '../ingestion/snapshots/tables';
import { takeSnapshot } from '../ingestion/snapshots/takeSnapshot';
import { SNAPSHOT_VERSION } from '../upkeep/snapshots/FileItems';
import { importSnapshot } from '../upkeep/snapshots/importSnapshot';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import {
  customDataSnapshotImportPermission,
  customDataSnapshotReadPermission,
  customDataSnapshotTakePermission,
} from './permissions';
import {
  nameInput,
  parseInput,
  readFilter,
  readJsonBody,
  readPageQuery,
  toListAnswer,
} from './requests';

const NDJSON = 'application/x-ndjson';

const reasonInput = z.string().min(1).max(500);

export function addSnapshotRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addListRoute(router, context);
  addTakeRoute(router, context);
  addReadRoute(router, context);
  addImportRoute(router, context);
}

const listQuery = z.strictObject({
  source: nameInput.optional(),
  namespace: nameInput.optional(),
});

function addListRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /snapshots',
    {
      summary: 'Snapshots of entities, newest first',
      isPaged: true,
      query: listQuery,
      answers: { 200: answers.listOf(answers.snapshot) },
    },
    async (req, res) => {
      await assertMayRead(context, req);
      const filter = readFilter(req, listQuery);
      const page = readPageQuery(req, ['text', 'text']);
      res.json(toListAnswer(await listSnapshots({ ...context, filter, page })));
    },
  );
}

const takeBody = z.strictObject({
  source: nameInput.optional(),
  namespace: namespace.optional(),
  reason: reasonInput.optional(),
});

function addTakeRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'POST /snapshots',
    {
      summary: 'Keeps all entities, or those of a source or of a namespace',
      body: takeBody,
      answers: { 201: answers.snapshot },
    },
    readJsonBody,
    async (req, res) => {
      const asked = takeBody.safeParse(req.body ?? {}).data;
      const snapshot = await withAudit(context, {
        req,
        permission: customDataSnapshotTakePermission,
        eventId: 'snapshot-take',
        meta: { source: asked?.source, namespace: asked?.namespace },
        work: async by => {
          const { reason = 'on request', ...scope } = parseInput(
            takeBody,
            req.body ?? {},
          );
          if (scope.source !== undefined) {
            await findSource(context, scope.source);
          }
          const { knex, now } = context;
          return takeSnapshot({ knex, ...scope, reason, by, now: now() });
        },
        outcome: toAuditMeta,
      });
      res.status(201).json(snapshot);
    },
  );
}

function toAuditMeta({ id, count, digest }: Snapshot) {
  return { snapshot: id, count, digest };
}

function addReadRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /snapshots/:id',
    {
      summary: 'The entities of a snapshot',
      answers: { 200: answers.snapshotFile },
      lines: answers.snapshotLine,
    },
    async (req, res) => {
      const { id } = req.params;
      await withAudit(context, {
        req,
        permission: customDataSnapshotReadPermission,
        eventId: 'snapshot-read',
        severityLevel: 'low',
        meta: { snapshot: id },
        work: async () => {
          const snapshot = await requireSnapshot(context, id);
          const isLines = req.accepts(['application/json', NDJSON]) === NDJSON;
          res.type(isLines ? NDJSON : 'application/json');
          const form = isLines ? formatLines : formatDocument;
          const parts = form(
            snapshot,
            readSnapshotLines({ ...context, snapshot }),
          );
          await pipeline(Readable.from(parts), res);
        },
      });
    },
  );
}

/** The snapshot with that id. */
export async function requireSnapshot(
  { knex }: Pick<ApiContext, 'knex'>,
  id: string,
): Promise<Snapshot> {
  const snapshot = /^[\w-]{1,36}$/.test(id)
    ? await findSnapshot({ knex, id })
    : undefined;
  if (!snapshot) {
    throw new NotFoundError(
      `There is no snapshot "${id}"; GET /snapshots lists those that there are`,
    );
  }
  return snapshot;
}

function headerOf(snapshot: Snapshot) {
  return { version: SNAPSHOT_VERSION, ...snapshot };
}

async function* formatLines(
  snapshot: Snapshot,
  parts: AsyncIterable<string[]>,
) {
  yield `${JSON.stringify({ snapshot: headerOf(snapshot) })}\n`;
  for await (const lines of parts) {
    yield lines.map(line => `${line}\n`).join('');
  }
}

async function* formatDocument(
  snapshot: Snapshot,
  parts: AsyncIterable<string[]>,
) {
  yield `{"snapshot":${JSON.stringify(headerOf(snapshot))},"items":[`;
  let separator = '\n';
  for await (const lines of parts) {
    yield `${separator}${lines.join(',\n')}`;
    separator = ',\n';
  }
  yield ']}\n';
}

const importQuery = z.strictObject({ reason: reasonInput.optional() });

function addImportRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'POST /snapshots/import',
    {
      summary:
        "Makes a snapshot of a file: of another one, or of the catalog's own GET /entities",
      query: importQuery,
      body: z.unknown(),
      bodyTypes: ['application/json', NDJSON],
      answers: { 201: answers.snapshot },
    },
    async (req, res) => {
      const isLines = req.is(NDJSON) !== false;
      const snapshot = await withAudit(context, {
        req,
        permission: customDataSnapshotImportPermission,
        eventId: 'snapshot-import',
        meta: { type: isLines ? NDJSON : 'application/json' },
        work: async by => {
          const { reason = 'imported' } = parseInput(importQuery, req.query);
          const { knex, now, syncs } = context;
          return importSnapshot({
            knex,
            chunks: req,
            isLines,
            gateOf: source => syncs.get(source)?.gate,
            reason,
            by,
            now: now(),
          });
        },
        outcome: toAuditMeta,
      });
      res.status(201).json(snapshot);
    },
  );
}
