import type {
  AuditorService,
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { EventsService } from '@backstage/plugin-events-node';
import type { CustomDataSettings } from '../config/settings';
import { createDeliveryControl } from '../deliveries/createDeliveryControl';
import { createDeliveryWorker } from '../deliveries/createDeliveryWorker';
import { createDeploymentPublisher } from '../deliveries/createDeploymentPublisher';
import { createShownDeployments } from '../deliveries/createShownDeployments';
import type { DeploymentTables } from '../deliveries/delivery';
import { createUnmatchedSweep } from '../deliveries/createUnmatchedSweep';
import { findCurrentDeployments } from '../deployments/database/readDeployments';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { toDeployment } from '../deployments/deployment';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { Refresher } from '../locations/createRefresher';
import {
  createDeliveryTracker,
  createWebhookTracker,
} from '../metrics/trackers';
import { cleanUp } from '../upkeep/cleanUp';
import { createWebhookRouter } from '../webhooks/router';
import { SecretUses } from '../webhooks/SecretUses';
import { SenderControl } from '../webhooks/SenderControl';
import type { Stores } from './createStores';
import { stopWebhooks } from './stopWebhooks';

export type Webhooks = ReturnType<typeof createWebhooks>;

/** From a request that comes in to the deployment that shows, and what people do with it. */
export function createWebhooks(options: {
  settings: CustomDataSettings;
  stores: Stores;
  refresher: Refresher;
  subjects: DeploymentSubjects;
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  credentials: () => Promise<BackstageCredentials>;
  events: EventsService;
  auditor: AuditorService;
  logger: LoggerService;
  now: () => Date;
  shutdown: AbortSignal;
}) {
  const { settings, stores, subjects, logger, now } = options;
  const { knex } = stores;
  const { senders, misconfiguredSenders: misconfigured, retention } = settings;
  const secretUses = new SecretUses({ knex, now });
  const senderControl = new SenderControl({
    knex,
    senders,
    misconfigured,
    logger,
    now,
  });
  const deployments: DeploymentTables = {
    record: deliveries =>
      recordDeployments({ knex, deployments: deliveries.map(toDeployment) }),
    current: entityRefs =>
      findCurrentDeployments({ knex, subjects, entityRefs }),
  };
  const worker = createDeliveryWorker({
    ...options,
    ...stores,
    deployments,
    senders,
    tracker: createDeliveryTracker(),
    publisher: createDeploymentPublisher(options),
  });
  const onQueued = () => worker.kick();
  return {
    worker,
    senderControl,
    secretUses,
    sweep: createUnmatchedSweep({ ...stores, senders, onQueued, now }),
    cleanUp: (signal: AbortSignal) =>
      cleanUp({ knex, retention, subjects, logger, now, signal }),
    router: createWebhookRouter({
      ...options,
      knex,
      senders,
      tracker: createWebhookTracker(),
      isPaused: sender => senderControl.isPaused(sender),
      onVerified: (sender, secretId) => secretUses.used(sender, secretId),
      onQueued,
    }),
    /** What the API's routes work with. */
    api: {
      deliveryControl: createDeliveryControl({
        ...stores,
        deployments,
        subjects,
        shown: createShownDeployments(options),
        onQueued,
        now,
      }),
      senderControl,
    },
    /** Resolves when what was begun is recorded; after the shutdown signal. */
    stop: () => stopWebhooks({ worker, secretUses }),
  };
}
