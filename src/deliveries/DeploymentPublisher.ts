import { ForwardedError } from '@backstage/errors';
import type { EventsService } from '@backstage/plugin-events-node';
import { timeout, TimeoutStrategy } from 'cockatiel';
import type { Deployment } from '../deployments/deployment';
import type { DeliveryState } from './delivery';

const TOPIC = 'catalog.deployment';

/** The events backend is called over HTTP, without a time limit of its own. */
const TIMEOUT_MS = 10_000;

/** What is published of a deployment. */
export interface PublishedDeployment
  extends Omit<Deployment, 'serviceKey' | 'arrival'> {
  /** The same when it is published again, after a crash, a replay, or once its entity appears. */
  deliveryId: string;
  service: string;
  /** The entity that it is about, whether the catalog has it or not. */
  entityRef: string;
  state: Extract<DeliveryState, 'done' | 'unmatched' | 'superseded'>;
  /** Whether this is what runs there now. */
  current: boolean;
}

/**
 * Publishes deployments on the topic `catalog.deployment`. Subscribers in this
 * process are called first. Without an events backend there are no others; with
 * one that fails, `publish` rejects, and the next attempt calls the same
 * subscribers again.
 */
export class DeploymentPublisher {
  private readonly timeout = timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive);

  constructor(private readonly events: Pick<EventsService, 'publish'>) {}

  async publish(deployment: PublishedDeployment): Promise<void> {
    const { sender, environment, target, status, deliveryId } = deployment;
    try {
      await this.timeout.execute(() =>
        this.events.publish({
          topic: TOPIC,
          eventPayload: deployment,
          metadata: {
            sender,
            environment,
            ...(target !== undefined && { target }),
            status,
            deliveryId,
          },
        }),
      );
    } catch (error) {
      throw new ForwardedError(
        `The deployment could not be published on "${TOPIC}"; see whether the events backend is well`,
        error,
      );
    }
  }
}
