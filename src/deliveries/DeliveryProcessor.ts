import type { EventsService } from '@backstage/plugin-events-node';
import { bulkhead, isBulkheadRejectedError } from 'cockatiel';
import DataLoader from 'dataloader';
import type { Knex } from 'knex';
import type { SenderSettings } from '../config/sender';
import { resolveService } from '../config/senderEntity';
import { readLocationKeys } from '../database/catalogTables';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { destinationName, toDeployment } from '../deployments/deployment';
import { abortable } from '../lib/abort';
import { RetryLaterError } from '../lib/errors';
import { deploymentRefreshKey } from '../lib/keys';
import type { Refresher } from '../locations/createRefresher';
import {
  DeploymentPublisher,
  type PublishedDeployment,
} from './DeploymentPublisher';
import type { Delivery, Outcome } from './delivery';
import { resolveRepositories } from './resolveRepositories';
import { type DeliveryEvaluation, entityRefsOf, evaluate } from './evaluate';

/** How many entities a process fetches at once, and how many more wait for that. */
const MAX_FETCHES = 20;
const MAX_WAITING_FETCHES = 200;

/** How many deployments a process publishes at once. */
const MAX_PUBLISHES = 20;

export interface DeliveryProcessorOptions {
  knex: Knex;
  /** The senders that are in order. Deliveries of others wait until they are. */
  senders: SenderSettings[];
  /** Of all senders, those that are misconfigured included. */
  subjects: DeploymentSubjects;
  refresher: Refresher;
  events: Pick<EventsService, 'publish'>;
}

/** A delivery whose deployment is recorded, and shown once the catalog has processed the entity. */
export interface RecordedDelivery {
  delivery: Delivery;
  /** Undefined for an unknown sender. */
  entityRef?: string;
  /** Whether it may have changed what the entity shows. */
  changes: boolean;
  /** Whether the catalog has the entity; undefined where that is to be fetched first. */
  exists?: boolean;
  /** Why it could not be told which entity it is about; it is not recorded then. */
  unresolved?: string;
}

/**
 * Takes deliveries from the table to the catalog and to other plugins: first
 * what a batch has in common, then each on its own. Every step can be repeated.
 */
export class DeliveryProcessor {
  private readonly senders: Map<string, SenderSettings>;
  private readonly publisher: DeploymentPublisher;
  private readonly fetches = bulkhead(MAX_FETCHES, MAX_WAITING_FETCHES);
  private readonly publishes = bulkhead(MAX_PUBLISHES, Infinity);
  /** Evaluates together what is asked for at the same time. */
  private readonly evaluations: DataLoader<Delivery, DeliveryEvaluation>;

  constructor(private readonly options: DeliveryProcessorOptions) {
    this.senders = new Map(options.senders.map(each => [each.name, each]));
    this.publisher = new DeploymentPublisher(options.events);
    this.evaluations = new DataLoader(
      deliveries => evaluate({ ...options, deliveries }),
      { cache: false, batchScheduleFn: setImmediate },
    );
  }

  /**
   * Records the deployments of a batch and has the catalog process the entities
   * that show them. The number of statements does not grow with the batch.
   */
  async record(deliveries: Delivery[]): Promise<RecordedDelivery[]> {
    const resolved = await resolveRepositories({
      ...this.options,
      deliveries,
    });
    const recorded = await this.recordResolved(
      resolved.flatMap(({ delivery, unresolved }) =>
        unresolved === undefined ? [delivery] : [],
      ),
    );
    return resolved.map(({ delivery, unresolved }) =>
      unresolved === undefined
        ? recorded.shift()!
        : { delivery, unresolved, changes: false, exists: false },
    );
  }

  private async recordResolved(
    deliveries: Delivery[],
  ): Promise<RecordedDelivery[]> {
    const { knex, refresher, subjects } = this.options;
    if (deliveries.length === 0) {
      return [];
    }
    await recordDeployments({
      knex,
      deployments: deliveries.map(toDeployment),
    });
    const evaluations = await evaluate({ ...this.options, deliveries });
    const changed = entityRefsOf(
      deliveries.filter((_, i) => evaluations[i].changes),
      subjects,
    );
    if (changed.length > 0) {
      await refresher.refreshKeys(changed.map(deploymentRefreshKey));
    }
    const found = await readLocationKeys({
      knex,
      entityRefs: entityRefsOf(
        deliveries.filter(({ event }) => !event.catalogRefresh),
        subjects,
      ),
    });
    return evaluations.map(({ entityRef, changes }, i) => ({
      delivery: deliveries[i],
      entityRef,
      changes,
      exists: deliveries[i].event.catalogRefresh
        ? undefined
        : found.has(entityRef ?? ''),
    }));
  }

  /**
   * Fetches the entity of a recorded delivery where the event asks for it, and
   * publishes the deployment. Throws what is worth another attempt.
   */
  async process(
    recorded: RecordedDelivery,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { delivery, entityRef } = recorded;
    const sender = this.senders.get(delivery.sender);
    if (sender && recorded.unresolved !== undefined) {
      return { state: 'unmatched', reason: recorded.unresolved };
    }
    if (!sender || entityRef === undefined) {
      // It was accepted, so it is not lost: the sender may be misconfigured for
      // a while, or configured on newer replicas only.
      throw new RetryLaterError(
        `Sender "${delivery.sender}" is not configured, or misconfigured`,
      );
    }
    const exists =
      recorded.exists ??
      (await this.fetch({ delivery, sender, entityRef, signal }));
    return this.publishes.execute(async () => {
      // Something newer may have arrived since it was recorded.
      const latest = await abortable(this.evaluations.load(delivery), signal);
      const outcome = outcomeOf({ delivery, entityRef, exists, ...latest });
      await abortable(
        this.publisher.publish(
          toPublished({ delivery, entityRef, ...latest }, outcome.state),
        ),
        signal,
      );
      return outcome;
    }, signal);
  }

  /** Fetches an entity; says whether there is one. */
  private async fetch(options: {
    delivery: Delivery;
    sender: SenderSettings;
    entityRef: string;
    signal: AbortSignal;
  }): Promise<boolean> {
    const { knex, refresher } = this.options;
    const { delivery, sender, entityRef, signal } = options;
    const record = recordOf(sender, delivery.event.service);
    const work = async () => {
      const refreshed = refresher.refreshEntity({ entityRef, record, signal });
      if ((await refreshed) === 'refreshed') {
        return true;
      }
      const found = await readLocationKeys({ knex, entityRefs: [entityRef] });
      return found.has(entityRef);
    };
    try {
      // A source may ignore the signal, and must not keep its permit.
      const permitted = () => abortable(work(), signal);
      return await this.fetches.execute(permitted, signal);
    } catch (error) {
      throw isBulkheadRejectedError(error)
        ? new RetryLaterError(
            `${MAX_WAITING_FETCHES} other entities wait to be fetched`,
          )
        : error;
    }
  }
}

/** The record that a sender's events about a service are to fetch. */
function recordOf(
  sender: SenderSettings,
  service: string,
): { source: string; recordId: string } | undefined {
  if (!sender.record) {
    return undefined;
  }
  const name = resolveService(sender, service);
  return {
    source: sender.record.source,
    // A function, since a replacement text may hold patterns such as `$&`.
    recordId: sender.record.id.replaceAll('{service}', () => name),
  };
}

function outcomeOf(options: {
  delivery: Delivery;
  entityRef: string;
  exists: boolean;
  superseded: boolean;
}): { state: PublishedDeployment['state']; reason?: string } {
  const { delivery, entityRef, exists, superseded } = options;
  if (superseded) {
    return {
      state: 'superseded',
      reason: `A newer deployment to "${destinationName(
        delivery.event,
      )}" is known`,
    };
  }
  return exists
    ? { state: 'done' }
    : {
        state: 'unmatched',
        reason: `The catalog has no entity "${entityRef}"; the deployment is shown once it has`,
      };
}

function toPublished(
  options: DeliveryEvaluation & { delivery: Delivery; entityRef: string },
  state: PublishedDeployment['state'],
): PublishedDeployment {
  const { delivery, deployment, entityRef, current } = options;
  const { serviceKey, arrival, ...published } = deployment;
  return {
    ...published,
    service: delivery.event.service,
    entityRef,
    state,
    current,
  };
}
