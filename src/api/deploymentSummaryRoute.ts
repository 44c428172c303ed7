/*
 * GET /deployments/summary   figures of delivery over a window
 */
import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  type Entity,
  RELATION_OWNED_BY,
  RELATION_PART_OF,
} from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import { readCatalogEntities } from '../database/catalogEntities';
import { readDeploymentsInOrder } from '../deployments/database/readDeployments';
import {
  addFigures,
  DeliveryCounter,
  type DeliveryFigures,
  noFigures,
  presentFigures,
} from '../deployments/summary';
import { assertMayRead } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { nameInput, readFilter, windowInput } from './requests';
import { visibleRefs } from './visibleEntities';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
/** All events of the window are read, so one request must not ask for years. */
const MAX_DAYS = 92;

export const GROUPINGS = ['service', 'owner', 'system', 'environment'] as const;

const summaryQuery = windowInput.safeExtend({
  by: z.enum(GROUPINGS).default('service'),
  environment: nameInput.optional(),
  sender: nameInput.optional(),
});

type By = z.output<typeof summaryQuery>['by'];

/** What was counted of an entity in an environment. */
interface CountedEntity {
  entityRef: string;
  environment: string;
  figures: DeliveryFigures;
}

export function addDeploymentSummaryRoute(
  router: express.Router,
  context: ApiContext,
): void {
  addRoute(
    router,
    'GET /deployments/summary',
    {
      summary: 'Figures of delivery over a window',
      query: summaryQuery,
      answers: { 200: answers.deploymentSummary },
    },
    async (req, res) => {
      res.json(await summarizeDeployments(context, req));
    },
  );
}

export async function summarizeDeployments(context: ApiContext, req: Asked) {
  const credentials = await assertMayRead(context, req);
  const { by, since, until, ...filter } = readFilter(req, summaryQuery);
  const window = windowOf({ since, until, now: context.now() });
  const counted = await count(context, { ...filter, ...window });
  const visible = await visibleRefs(
    context,
    counted.map(each => each.entityRef),
    credentials,
  );
  const shown = counted.filter(({ entityRef }) => visible.has(entityRef));
  const keyOf = await groupingBy(context, { by, shown, credentials });
  const windowMs = window.until.getTime() - window.since.getTime();
  return {
    since: window.since.toISOString(),
    until: window.until.toISOString(),
    by,
    items: group(shown, keyOf).map(({ key, environment, figures }) => ({
      ...(by !== 'environment' && { [by]: key }),
      environment,
      ...presentFigures(figures, windowMs),
    })),
  };
}

function windowOf(given: { since?: Date; until?: Date; now: Date }) {
  const until = given.until ?? given.now;
  const since =
    given.since ?? new Date(until.getTime() - DEFAULT_DAYS * DAY_MS);
  if (until.getTime() - since.getTime() > MAX_DAYS * DAY_MS) {
    throw new InputError(
      `since: must be at most ${MAX_DAYS} days before "until"`,
    );
  }
  if (since >= until) {
    throw new InputError(
      'since: must be earlier than "until", which is now where it is not given',
    );
  }
  return { since, until };
}

async function count(
  { knex, subjects }: ApiContext,
  filter: { since: Date; until: Date; environment?: string; sender?: string },
): Promise<CountedEntity[]> {
  const counters = new Map<string, DeliveryCounter>();
  for await (const deployment of readDeploymentsInOrder({ knex, filter })) {
    const { sender, serviceKey, environment } = deployment;
    const entityRef = subjects.entityRefOf(sender, serviceKey);
    // The sender may no longer be configured.
    if (entityRef !== undefined) {
      const key = JSON.stringify([entityRef, environment]);
      const counter = counters.get(key) ?? new DeliveryCounter();
      counters.set(key, counter);
      counter.add(deployment);
    }
  }
  return [...counters].map(([key, { figures }]) => {
    const [entityRef, environment] = JSON.parse(key);
    return { entityRef, environment, figures };
  });
}

/** What a row is for: an entity, or what the catalog says of it; `null` where it says nothing. */
async function groupingBy(
  { catalog }: ApiContext,
  options: {
    by: By;
    shown: CountedEntity[];
    credentials: BackstageCredentials;
  },
): Promise<(entityRef: string) => string | null> {
  const { by, shown, credentials } = options;
  if (by === 'service') {
    return entityRef => entityRef;
  }
  if (by === 'environment') {
    return () => null;
  }
  const entities = await readCatalogEntities({
    catalog,
    entityRefs: [...new Set(shown.map(({ entityRef }) => entityRef))],
    fields: ['relations'],
    credentials,
  });
  return entityRef => relatedRef(entities.get(entityRef), by);
}

function relatedRef(entity: Entity | undefined, by: 'owner' | 'system') {
  const [type, kind] =
    by === 'owner' ? [RELATION_OWNED_BY, ''] : [RELATION_PART_OF, 'system:'];
  const relation = entity?.relations?.find(
    each => each.type === type && each.targetRef.startsWith(kind),
  );
  return relation?.targetRef ?? null;
}

function group(
  counted: CountedEntity[],
  keyOf: (entityRef: string) => string | null,
) {
  const groups = new Map<
    string,
    { key: string | null; environment: string; figures: DeliveryFigures }
  >();
  for (const { entityRef, environment, figures } of counted) {
    const key = keyOf(entityRef);
    const id = JSON.stringify([key, environment]);
    const found = groups.get(id) ?? { key, environment, figures: noFigures() };
    groups.set(id, found);
    addFigures(found.figures, figures);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each);
}
