/*
 * What operators do with deliveries that were processed: have one delivered
 * again, or a selection, after a look at what that would change.
 */
import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { readCatalogEntities } from '../database/catalogEntities';
import { readLocationKeys } from '../database/catalogTables';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import {
  annotationsOf,
  type ShownDeployment,
  shownOf,
} from '../deployments/annotations';
import { findCurrentDeployments } from '../deployments/database/readDeployments';
import {
  type CurrentDeployment,
  type Destination,
  destinationName,
  toDeployment,
} from '../deployments/deployment';
import { currentOf } from '../deployments/order';
import { inChunks } from '../lib/inChunks';
import {
  type DeliveryFilter,
  findDelivery,
  selectDeliveries,
} from './database/readLog';
import { requeueDeliveries } from './database/requeue';
import type { Delivery, DeliveryState } from './delivery';
import { entityRefsOf } from './evaluate';
import { resolveRepositories } from './resolveRepositories';

/** How many deliveries one replay takes. */
const MAX_REPLAY = 10_000;

export interface ReplayContext {
  knex: Knex;
  /** Of all senders, those that are misconfigured included. */
  subjects: DeploymentSubjects;
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  /** The credentials of the catalog's backend itself. */
  ownCredentials: () => Promise<BackstageCredentials>;
  /** Called when a delivery is due. */
  onDeliveryDue: () => void;
  now: () => Date;
}

/** What a replay of a selection of deliveries would do. */
export interface ReplayPlan {
  /** Names the deliveries that are selected. A replay needs it, and refuses another selection. */
  hash: string;
  /** How many deliveries. */
  count: number;
  /** How many of them are in each state now. */
  states: Partial<Record<DeliveryState, number>>;
  /** The entities that would show something else than they show now. */
  entities: ReplayedEntity[];
}

export interface ReplayedEntity {
  entityRef: string;
  environments: Array<
    Destination & {
      /** What the catalog shows; undefined where it shows nothing. */
      before?: ShownDeployment;
      /** What it would show; undefined where it would show nothing. */
      after?: ShownDeployment;
    }
  >;
}

/**
 * Has a delivery processed again.
 *
 * @throws NotFoundError for an unknown delivery
 * @throws ConflictError for one that is not about a deployment
 */
export async function redeliver(
  { knex, onDeliveryDue, now }: ReplayContext,
  id: string,
): Promise<void> {
  if ((await requeueDeliveries({ knex, ids: [id], now: now() })) > 0) {
    onDeliveryDue();
    return;
  }
  if (!(await findDelivery({ knex, id }))) {
    throw unknownDelivery(id);
  }
  throw new ConflictError(
    `Delivery "${id}" is ignored, since it is not about a deployment; there is nothing to process`,
  );
}

export function unknownDelivery(id: string): Error {
  return new NotFoundError(
    `There is no delivery "${id}"; completed ones are deleted after "catalog.customData.retention.deliveries"`,
  );
}

/**
 * Says what a replay would change. Changes nothing itself.
 *
 * @throws InputError for a selection that is too large
 */
export async function planReplay(
  context: ReplayContext,
  filter: DeliveryFilter,
): Promise<ReplayPlan> {
  const deliveries = await select(context, filter);
  const states: ReplayPlan['states'] = {};
  for (const { state } of deliveries) {
    states[state] = (states[state] ?? 0) + 1;
  }
  return {
    hash: hashOf(deliveries),
    count: deliveries.length,
    states,
    entities: await planEntities(context, deliveries),
  };
}

/**
 * Has a selection of deliveries processed again; returns how many.
 *
 * @throws ConflictError where `hash` is not that of a plan of the same deliveries
 */
export async function replay(
  context: ReplayContext,
  { filter, hash }: { filter: DeliveryFilter; hash: string },
): Promise<number> {
  const { knex, onDeliveryDue, now } = context;
  const deliveries = await select(context, filter);
  if (hashOf(deliveries) !== hash) {
    throw new ConflictError(
      `The plan "${hash}" is not of the deliveries that are selected now; make a new one`,
    );
  }
  let count = 0;
  for (const chunk of inChunks(deliveries)) {
    const ids = chunk.map(({ id }) => id);
    count += await requeueDeliveries({ knex, ids, now: now() });
    onDeliveryDue();
  }
  return count;
}

async function select(
  context: ReplayContext,
  filter: DeliveryFilter,
): Promise<Delivery[]> {
  const { knex } = context;
  const limit = MAX_REPLAY + 1;
  const deliveries = await selectDeliveries({ knex, filter, limit });
  if (deliveries.length > MAX_REPLAY) {
    throw new InputError(
      `The selection has more than ${MAX_REPLAY} deliveries, the most of one replay; choose fewer with "sender", "state", "service", "environment", "target", "since" and "until"`,
    );
  }
  const resolved = await resolveRepositories({ ...context, deliveries });
  return resolved.map(({ delivery }) => delivery);
}

/** The same for the same deliveries, whatever became of them. */
function hashOf(deliveries: Delivery[]): string {
  const hash = createHash('sha256');
  deliveries.forEach(({ id }) => hash.update(`${id}\n`));
  return hash.digest('hex');
}

async function planEntities(
  context: ReplayContext,
  deliveries: Delivery[],
): Promise<ReplayedEntity[]> {
  const { knex, subjects, catalog, ownCredentials } = context;
  const exists = await readLocationKeys({
    knex,
    entityRefs: entityRefsOf(deliveries, subjects),
  });
  const entityRefs = [...exists.keys()].sort();
  const current = await findCurrentDeployments({ knex, subjects, entityRefs });
  const planned = subjects.groupByEntity(
    currentOf<CurrentDeployment>([
      ...[...current.values()].flat(),
      ...deliveries.map(toDeployment),
    ]),
  );
  const shown = await readCatalogEntities({
    catalog,
    entityRefs,
    fields: ['metadata.annotations'],
    credentials: await ownCredentials(),
  });
  return entityRefs.flatMap(entityRef => {
    const environments = differences(
      shown.get(entityRef)?.metadata?.annotations ?? {},
      planned.get(entityRef) ?? [],
    );
    return environments.length > 0 ? [{ entityRef, environments }] : [];
  });
}

function differences(
  shown: Record<string, string>,
  planned: CurrentDeployment[],
): ReplayedEntity['environments'] {
  const before = shownOf(shown);
  const after = shownOf(annotationsOf(planned));
  const destinations = new Map<string, Destination>(
    planned.map(each => [
      destinationName(each),
      { environment: each.environment, target: each.target },
    ]),
  );
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map(destination => ({
      ...(destinations.get(destination) ?? { environment: destination }),
      before: before.get(destination),
      after: after.get(destination),
    }))
    .filter(
      ({ before: was, after: is }) =>
        was?.version !== is?.version || was?.deployedAt !== is?.deployedAt,
    );
}
