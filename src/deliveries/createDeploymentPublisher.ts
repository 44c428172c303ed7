import { ForwardedError } from '@backstage/errors';
import type { EventsService } from '@backstage/plugin-events-node';
import { abortable } from '../lib/abort';
import { withSignals } from '../lib/deadline';
import type { DeploymentPublisher, PublishedDeployment } from './delivery';

/** Where settled deployments go out. */
const DEPLOYMENT_TOPIC = 'catalog.deployment';

/** The events backend is asked over HTTP, and without this for as long as it likes. */
const TIMEOUT_MS = 10_000;

/**
 * Publishes settled deployments on `catalog.deployment`. Subscribers of this
 * process hear of them first. Where there is no events backend those are all;
 * where there is one that fails, `publish` rejects, and whoever tries again
 * tells the same subscribers again.
 */
export function createDeploymentPublisher(options: {
  events: EventsService;
}): DeploymentPublisher {
  const { events } = options;
  return {
    async publish(deployment) {
      try {
        await withSignals({ signals: [], deadlineMs: TIMEOUT_MS }, signal =>
          abortable(events.publish(toParams(deployment)), signal),
        );
      } catch (error) {
        throw new ForwardedError(
          `The deployment could not be published on '${DEPLOYMENT_TOPIC}'; see whether the events backend is well`,
          error,
        );
      }
    },
  };
}

function toParams(deployment: PublishedDeployment) {
  const { sender, environment, status, deliveryId } = deployment;
  return {
    topic: DEPLOYMENT_TOPIC,
    eventPayload: deployment,
    metadata: { sender, environment, status, deliveryId },
  };
}
