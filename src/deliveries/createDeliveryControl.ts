import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import { createHash } from 'node:crypto';
import type { EntityRegistry } from '../database/catalogTables';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { inChunks } from '../lib/inChunks';
import type {
  Delivery,
  DeliveryFilter,
  DeliveryLog,
  DeliveryState,
  DeliveryStore,
  DeploymentTables,
} from './delivery';
import { entityRefsOf } from './evaluate';
import { planReplay } from './planReplay';

/** What a replay of a selection of deliveries would do. */
export interface ReplayPlan {
  /** Of the deliveries selected: a replay takes it, and does not begin where the selection has changed. */
  hash: string;
  /** How many deliveries. */
  count: number;
  /** How many of them are in which state now. */
  states: Partial<Record<DeliveryState, number>>;
  /** Entities that would show something else than the catalog shows now. */
  entities: ReplayedEntity[];
}

export interface ReplayedEntity {
  entityRef: string;
  environments: Array<{
    environment: string;
    /** What the catalog shows; undefined where it shows nothing. */
    before?: { version: string; deployedAt: string };
    /** What it would show; undefined where it would show nothing. */
    after?: { version: string; deployedAt: string };
  }>;
}

/** What people do with deliveries. */
export interface DeliveryControl {
  /**
   * Has a delivery settled once more. Throws a `NotFoundError` for one that
   * nobody knows, and a `ConflictError` for an ignored one.
   */
  redeliver(id: string): Promise<void>;
  /** Changes nothing. Throws an `InputError` for a selection that is too large for one replay. */
  planReplay(filter: DeliveryFilter): Promise<ReplayPlan>;
  /**
   * Has all of a selection settled once more; how many. Throws a
   * `ConflictError` where `hash` is not that of a plan of the same deliveries.
   */
  replay(filter: DeliveryFilter, hash: string): Promise<number>;
}

/** What the catalog shows of deployments now: the module's annotations, by entity ref; no entry for one that it does not have. */
export interface ShownDeployments {
  annotationsOf(
    entityRefs: string[],
  ): Promise<Map<string, Record<string, string>>>;
}

/** How many deliveries one replay takes. */
const MAX_REPLAY = 10_000;

interface DeliveryControlOptions {
  deliveries: Pick<DeliveryStore, 'requeue'>;
  deliveryLog: Pick<DeliveryLog, 'find' | 'select'>;
  deployments: Pick<DeploymentTables, 'current'>;
  registry: Pick<EntityRegistry, 'locationKeys'>;
  shown: ShownDeployments;
  /** Of all senders, those at fault included. */
  subjects: DeploymentSubjects;
  /** Called when there is something to settle. */
  onQueued: () => void;
  now: () => Date;
}

/** Has deliveries settled once more. */
export function createDeliveryControl(
  options: DeliveryControlOptions,
): DeliveryControl {
  return {
    redeliver: id => redeliver(options, id),
    async planReplay(filter) {
      const deliveries = await select(options, filter);
      return {
        hash: hashOf(deliveries),
        count: deliveries.length,
        states: countStates(deliveries),
        entities: await planEntities(options, deliveries),
      };
    },
    async replay(filter, hash) {
      const deliveries = await select(options, filter);
      if (hashOf(deliveries) !== hash) {
        throw new ConflictError(
          `The plan '${hash}' is not of the deliveries that are selected now; make another one`,
        );
      }
      return requeueAll(options, deliveries);
    },
  };
}

async function redeliver(
  { deliveries, deliveryLog, onQueued, now }: DeliveryControlOptions,
  id: string,
): Promise<void> {
  const delivery = await deliveryLog.find(id);
  if (delivery?.state === 'ignored') {
    throw new ConflictError(
      `Delivery '${id}' is ignored, since it is about no deployment; there is nothing to settle`,
    );
  }
  // It may have been cleaned up in between.
  if (!delivery || (await deliveries.requeue([id], now())) === 0) {
    throw new NotFoundError(`There is no delivery '${id}'`);
  }
  onQueued();
}

/** The deliveries about deployments that a filter selects, the earliest first. */
async function select(
  { deliveryLog }: DeliveryControlOptions,
  filter: DeliveryFilter,
): Promise<Delivery[]> {
  const deliveries = await deliveryLog.select(filter, MAX_REPLAY);
  if (deliveries.length > MAX_REPLAY) {
    throw new InputError(
      `The selection holds more than ${MAX_REPLAY} deliveries, the most of one replay; choose less with 'sender', 'state', 'service', 'environment', 'since' and 'until'`,
    );
  }
  return deliveries.filter(({ state }) => state !== 'ignored');
}

async function requeueAll(
  { deliveries, onQueued, now }: DeliveryControlOptions,
  selected: Delivery[],
): Promise<number> {
  let count = 0;
  for (const chunk of inChunks(selected)) {
    const ids = chunk.map(({ id }) => id);
    count += await deliveries.requeue(ids, now());
    onQueued();
  }
  return count;
}

async function planEntities(
  options: DeliveryControlOptions,
  deliveries: Delivery[],
): Promise<ReplayedEntity[]> {
  const { deployments, registry, shown, subjects } = options;
  const refs = entityRefsOf(deliveries, subjects);
  const exists = await registry.locationKeys(refs);
  const known = refs.filter(ref => exists.has(ref));
  return planReplay({
    deliveries,
    current: await deployments.current(known),
    subjects,
    shown: await shown.annotationsOf(known),
    exists,
  });
}

function countStates(deliveries: Delivery[]): ReplayPlan['states'] {
  const states: Partial<Record<DeliveryState, number>> = {};
  for (const { state } of deliveries) {
    states[state] = (states[state] ?? 0) + 1;
  }
  return states;
}

/** Of the ids in their order: the same for the same selection, whatever became of it. */
function hashOf(deliveries: Delivery[]): string {
  const hash = createHash('sha256');
  deliveries.forEach(({ id }) => hash.update(`${id}\n`));
  return hash.digest('hex');
}
