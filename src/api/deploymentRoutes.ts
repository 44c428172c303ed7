/*
 * GET /deployments   what runs where; with `history=true` all events
 */
import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type express from 'express';
import { z } from 'zod';
import {
  findArtifacts,
  findCurrentDeployments,
  listCurrentDeployments,
  listDeploymentHistory,
} from '../deployments/database/readDeployments';
import {
  type CurrentDeployment,
  DEPLOYMENT_STATUSES,
  type DeploymentFilter,
  type Service,
} from '../deployments/deployment';
import { newestByDestination } from '../deployments/order';
import type { Page, PageRequest } from '../lib/page';
import { assertMayRead } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import {
  nameInput,
  readFilter,
  readPageQuery,
  refInput,
  toListAnswer,
  windowInput,
} from './requests';
import { visibleItems } from './visibleEntities';

const HISTORY_ONLY = ['started', 'failure'];

const deploymentQuery = windowInput
  .safeExtend({
    entity: refInput.optional(),
    service: nameInput.optional(),
    sender: nameInput.optional(),
    environment: nameInput.optional(),
    target: nameInput.optional(),
    status: z.enum(DEPLOYMENT_STATUSES).optional(),
    digest: nameInput.optional(),
    physicalEnvironment: nameInput.optional(),
    history: z.enum(['true', 'false']).optional(),
  })
  .refine(
    ({ status = '', history }) =>
      history === 'true' || !HISTORY_ONLY.includes(status),
    {
      path: ['status'],
      error:
        '"started" and "failure" are only in the history; add "history=true"',
    },
  );

export function addDeploymentRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addRoute(
    router,
    'GET /deployments',
    {
      summary: 'What runs where, or all events',
      isPaged: true,
      query: deploymentQuery,
      answers: { 200: answers.listOf(answers.deployment) },
    },
    async (req, res) => {
      res.json(await listDeployments(context, req));
    },
  );
}

export async function listDeployments(context: ApiContext, req: Asked) {
  const credentials = await assertMayRead(context, req);
  const query = readFilter(req, deploymentQuery);
  const filter = toFilter(context, query);
  if (query.history === 'true') {
    const page = readPageQuery(req, ['text', 'number']);
    return listHistory(context, { filter, page, credentials });
  }
  const page = readPageQuery(req, ['text']);
  return listCurrent(context, { filter, page, credentials });
}

function toFilter(
  { subjects }: ApiContext,
  query: z.output<typeof deploymentQuery>,
): DeploymentFilter {
  const { entity, service, history, ...others } = query;
  return {
    ...others,
    serviceKey: service?.toLowerCase(),
    services: entity === undefined ? undefined : subjects.servicesOf(entity),
  };
}

interface ListOptions {
  filter: DeploymentFilter;
  page: PageRequest;
  credentials: BackstageCredentials;
}

async function listHistory(context: ApiContext, options: ListOptions) {
  const { items, next } = await readVisible(context, {
    ...options,
    read: page =>
      listDeploymentHistory({ ...context, filter: options.filter, page }),
  });
  return toListAnswer({
    items: items.map(event => ({
      ...presentDeployment(event),
      eventAt: event.eventAt,
      sequence: event.sequence,
      url: event.url,
      commit: event.commit,
      commitTime: event.commitTime,
      digest: event.digest,
      physicalEnvironment: event.physicalEnvironment,
    })),
    next,
  });
}

async function listCurrent(context: ApiContext, options: ListOptions) {
  const filter = {
    ...options.filter,
    withoutRemoved: options.filter.status !== 'removed',
  };
  const { items, next } = await readVisible(context, {
    ...options,
    read: page => listCurrentDeployments({ ...context, filter, page }),
  });
  const current = await currentDeliveries(context, items);
  const artifacts = await findArtifacts({
    ...context,
    deliveryIds: items.map(({ deliveryId }) => deliveryId),
  });
  return toListAnswer({
    items: items.map(told => ({
      ...presentDeployment(told),
      deployedAt: told.eventAt,
      current: current.has(told.deliveryId),
      ...artifacts.get(told.deliveryId),
    })),
    next,
  });
}

type OfEntity<T> = T & { entityRef: string };

function presentDeployment(told: OfEntity<CurrentDeployment>) {
  return {
    entityRef: told.entityRef,
    service: told.serviceKey,
    sender: told.sender,
    environment: told.environment,
    target: told.target,
    status: told.status,
    version: told.version,
    deliveryId: told.deliveryId,
  };
}

/**
 * The deliveries that say what runs on the entities of a page. A page holds a
 * part of what is known of them, so all of it is read.
 */
async function currentDeliveries(
  context: ApiContext,
  page: OfEntity<CurrentDeployment>[],
): Promise<Set<string>> {
  const current = await findCurrentDeployments({
    ...context,
    entityRefs: page.map(({ entityRef }) => entityRef),
  });
  return new Set(
    [...current.values()].flatMap(deployments =>
      [...newestByDestination(deployments).values()].map(
        ({ deliveryId }) => deliveryId,
      ),
    ),
  );
}

/** How many reads fill up a page of which the caller may not see all. */
const MAX_READS = 10;

/**
 * A page of rows whose entities the caller may see. A page may be short or
 * empty without being the last one. There is no total, since it would count
 * what is hidden.
 */
async function readVisible<T extends Service>(
  context: ApiContext,
  options: ListOptions & { read: (page: PageRequest) => Promise<Page<T>> },
): Promise<Page<OfEntity<T>>> {
  const { filter, page, credentials, read } = options;
  const items: OfEntity<T>[] = [];
  if (filter.services?.length === 0) {
    return { items };
  }
  let { after } = page;
  for (let reads = 0; reads < MAX_READS; reads++) {
    const rows = await read({ limit: page.limit - items.length, after });
    const visible = await visibleItems(context, {
      items: rows.items.flatMap(row => {
        const entityRef = context.subjects.entityRefOf(
          row.sender,
          row.serviceKey,
        );
        // The sender may no longer be configured.
        return entityRef === undefined ? [] : [{ ...row, entityRef }];
      }),
      refsOf: ({ entityRef }) => [entityRef],
      credentials,
    });
    items.push(...visible);
    after = rows.next;
    if (!after || items.length === page.limit) {
      break;
    }
  }
  return { items, next: after };
}
