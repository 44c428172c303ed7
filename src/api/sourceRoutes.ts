/*
 * GET  /sources, /sources/:source   how sources are doing
 * GET  /sources/:source/runs, /sources/:source/problems
 * POST /sources/:source/sync        a run over the list, or of one record
 * POST /sources/:source/pause, /sources/:source/resume
 */
import type express from 'express';
import { z } from 'zod';
import { attentionOf, reportSource } from '../ingestion/control/attention';
import {
  findSource,
  type KnownSource,
  listKnownSources,
  pauseSource,
  startRun,
  syncRecord,
} from '../ingestion/control/sources';
import { listProblems } from '../ingestion/database/problems';
import { countEntities, readRecords } from '../ingestion/database/records';
import { listRuns } from '../ingestion/database/runReports';
import type { SourceState } from '../ingestion/database/runs';
import { sourcePath } from '../lib/keys';
import { pageOf } from '../lib/page';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataSourceSyncPermission } from './permissions';
import {
  nameInput,
  parseInput,
  readJsonBody,
  readPageQuery,
  toListAnswer,
} from './requests';
import { visibleItems } from './visibleEntities';

export function addSourceRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addReadRoutes(router, context);
  addProblemRoute(router, context);
  addSyncRoute(router, context);
  addPauseRoutes(router, context);
}

function addReadRoutes(router: express.Router, context: ApiContext): void {
  const { knex } = context;

  addRoute(
    router,
    'GET /sources',
    {
      summary: 'How all sources are doing',
      isPaged: true,
      answers: { 200: answers.listOf(answers.source) },
    },
    async (req, res) => {
      res.json(await listSources(context, req));
    },
  );

  addRoute(
    router,
    'GET /sources/:source',
    {
      summary: 'How a source is doing',
      answers: { 200: answers.source },
    },
    async (req, res) => {
      res.json(await showSource(context, req));
    },
  );

  addRoute(
    router,
    'GET /sources/:source/runs',
    {
      summary: 'The runs of a source, newest first',
      isPaged: true,
      answers: { 200: answers.listOf(answers.run) },
    },
    async (req, res) => {
      await assertMayRead(context, req);
      const page = readPageQuery(req, ['text', 'text']);
      const { name } = await findSource(context, req.params.source);
      res.json(toListAnswer(await listRuns({ knex, source: name, page })));
    },
  );
}

export async function listSources(context: ApiContext, req: Asked) {
  await assertMayRead(context, req);
  const page = readPageQuery(req, ['text']);
  const known = await listKnownSources(context);
  const sources = pageOf(known, ({ name }) => name, page);
  const items: object[] = [];
  for (const source of sources.items) {
    items.push(await presentSource(context, source));
  }
  return toListAnswer({ ...sources, items });
}

export async function showSource(context: ApiContext, req: Asked) {
  await assertMayRead(context, req);
  const source = await findSource(context, req.params.source);
  return presentSource(context, source);
}

/** The configuration of a source, and how it is doing. */
async function presentSource(context: ApiContext, known: KnownSource) {
  const { knex, now } = context;
  const report = await reportSource(context, known);
  const { state, lastRun, lastSuccess, plan } = report;
  const { errors, warnings } = report.problems;
  const settings = known.type === 'configured' ? known.settings : undefined;
  return {
    name: known.name,
    state: statusOf(known, state, now()),
    attention: attentionOf(report),
    reason: known.type === 'misconfigured' ? known.reason : undefined,
    title: settings?.title,
    owner: settings?.owner,
    purpose: settings?.purpose,
    type: settings?.type,
    url: settings?.type === 'http' ? publicUrl(settings.url) : undefined,
    poll: settings?.poll,
    entities: await countEntities({ knex, source: known.name }),
    failures: state.failures,
    retryAt: state.retryAt?.toISOString(),
    paused: state.paused && {
      by: state.paused.by,
      at: state.paused.at.toISOString(),
    },
    lastRun,
    lastSuccess,
    pendingPlan:
      plan?.state === 'pending'
        ? {
            hash: plan.hash,
            count: plan.count,
            path: `${sourcePath(known.name)}/plan`,
          }
        : undefined,
    problems: { errors, warnings },
  };
}

function statusOf(known: KnownSource, state: SourceState, now: Date): string {
  if (known.type !== 'configured') {
    return known.type;
  }
  if (state.lease && state.lease.expiresAt > now) {
    return 'running';
  }
  if (known.settings.paused || state.paused) {
    return 'paused';
  }
  return state.retryAt && state.retryAt > now ? 'backing-off' : 'idle';
}

/** Without the parts that may hold a credential. */
function publicUrl(text: string): string | undefined {
  if (!URL.canParse(text)) {
    return undefined;
  }
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}

function addProblemRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /sources/:source/problems',
    {
      summary: 'The present problems of a source, newest first',
      isPaged: true,
      answers: { 200: answers.listOf(answers.storedProblem) },
    },
    async (req, res) => {
      res.json(await listSourceProblems(context, req));
    },
  );
}

/**
 * A problem names its entity, and may quote its record. So a caller sees it who
 * may see that entity and all entities of that record. A problem without
 * entities is for everybody who may see how sources are doing.
 */
export async function listSourceProblems(context: ApiContext, req: Asked) {
  const { knex } = context;
  const credentials = await assertMayRead(context, req);
  const page = readPageQuery(req, ['text', 'text']);
  const { name: source } = await findSource(context, req.params.source);
  const problems = await listProblems({ knex, source, page });
  const ids = new Set(problems.items.flatMap(each => each.recordId ?? []));
  const recordIds = [...ids];
  const { contributions } = await readRecords({ knex, source, recordIds });
  const items = await visibleItems(context, {
    items: problems.items,
    refsOf: ({ entityRef, recordId = '' }) => [
      ...(entityRef === undefined ? [] : [entityRef]),
      ...(contributions.get(recordId) ?? []).map(c => c.entityRef),
    ],
    credentials,
  });
  return toListAnswer({ ...problems, items });
}

const syncBody = z.strictObject({
  recordId: nameInput.optional(),
  /** Whether to ask the source in spite of its back-off. */
  force: z.boolean().optional(),
});

function addSyncRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'POST /sources/:source/sync',
    {
      summary: 'Starts a run over the list, or fetches and applies one record',
      body: syncBody,
      answers: { 200: answers.syncedRecord, 202: answers.startedRun },
    },
    readJsonBody,
    async (req, res) => {
      const answer = await syncSource(context, req);
      res.status(answer.status === 'started' ? 202 : 200).json(answer);
    },
  );
}

export function syncSource(context: ApiContext, req: Asked) {
  const { source } = req.params;
  return withAudit(context, {
    req,
    permission: customDataSourceSyncPermission,
    eventId: 'source-sync',
    meta: { source },
    work: async () => {
      const { recordId, force } = parseInput(syncBody, req.body ?? {});
      if (recordId === undefined) {
        const runId = await startRun(context, { source, force });
        return { status: 'started', runId };
      }
      const runId = await syncRecord(context, { source, recordId, force });
      return { status: 'synced', runId };
    },
    outcome: ({ runId }) => ({ run: runId }),
  });
}

function addPauseRoutes(router: express.Router, context: ApiContext): void {
  for (const action of ['pause', 'resume'] as const) {
    addRoute(
      router,
      `POST /sources/:source/${action}`,
      {
        summary: `${action === 'pause' ? 'Pauses' : 'Resumes'} a source`,
        answers: { 204: undefined },
      },
      async (req, res) => {
        await pauseOrResume(context, req, action);
        res.status(204).end();
      },
    );
  }
}

export async function pauseOrResume(
  context: ApiContext,
  req: Asked,
  action: 'pause' | 'resume',
): Promise<void> {
  const { source } = req.params;
  await withAudit(context, {
    req,
    permission: customDataSourceSyncPermission,
    eventId: `source-${action}`,
    meta: { source },
    work: caller =>
      pauseSource(context, {
        source,
        by: action === 'pause' ? caller : undefined,
      }),
  });
}
