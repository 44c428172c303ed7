import type {
  AuditorService,
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { EventsService } from '@backstage/plugin-events-node';
import { timeout, TimeoutStrategy } from 'cockatiel';
import type { Knex } from 'knex';
import type { CustomDataSettings } from '../config/settings';
import { DeliveryProcessor } from '../deliveries/DeliveryProcessor';
import { DeliveryWorker } from '../deliveries/DeliveryWorker';
import { releaseHeld } from '../deliveries/database/requeue';
import { sweepUnmatched } from '../deliveries/sweepUnmatched';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { UnshownDeployments } from '../deployments/UnshownDeployments';
import type { Refresher } from '../locations/createRefresher';
import { VisibilityWatch } from '../deliveries/VisibilityWatch';
import type { Extensions } from '../extension';
import { createDeliveryTracker } from '../metrics/deliveries';
import { createWebhookTracker } from '../metrics/webhooks';
import { deleteExpired } from '../upkeep/retention';
import { createWebhookRouter } from '../webhooks/router';
import { SenderControl } from '../webhooks/SenderControl';

export type Webhooks = ReturnType<typeof createWebhooks>;

/** The webhooks, from a request to the deployment that an entity shows. */
export function createWebhooks(options: {
  settings: CustomDataSettings;
  extensions: Pick<Extensions, 'dialects'>;
  knex: Knex;
  refresher: Refresher;
  subjects: DeploymentSubjects;
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
  credentials: () => Promise<BackstageCredentials>;
  events: EventsService;
  auditor: AuditorService;
  logger: LoggerService;
  now: () => Date;
}) {
  const { settings, knex, subjects, logger, now } = options;
  const { senders, misconfiguredSenders: misconfigured, retention } = settings;
  const senderControl = new SenderControl({
    knex,
    senders,
    misconfigured,
    logger,
    now,
  });
  const tracker = createDeliveryTracker(senders);
  const unshown = new UnshownDeployments({
    ...options,
    refreshKeys: options.refresher.refreshKeys,
  });
  const visibility = new VisibilityWatch({ subjects, unshown, tracker, now });
  const worker = new DeliveryWorker({
    knex,
    processor: new DeliveryProcessor({ ...options, senders }),
    tracker,
    onRecorded: delivery => visibility.watch(delivery),
    logger,
    now,
  });
  const onDeliveryDue = () => worker.wake();
  return {
    worker,
    senderControl,
    unshown,
    visibility,
    releaseHeld: async () => {
      const resumed = senders.flatMap(({ name, hold, paused }) =>
        hold && !paused && !senderControl.isPaused(name) ? [name] : [],
      );
      if (
        resumed.length > 0 &&
        (await releaseHeld({ knex, senders: resumed, now: now() })) > 0
      ) {
        onDeliveryDue();
      }
    },
    sweepUnmatched: (signal: AbortSignal) =>
      sweepUnmatched({ ...options, senders, onDeliveryDue, signal }),
    deleteExpired: (signal: AbortSignal) =>
      deleteExpired({ knex, retention, subjects, logger, now, signal }),
    router: createWebhookRouter({
      ...options,
      senders,
      addedDialects: options.extensions.dialects,
      tracker: createWebhookTracker(senders),
      isPaused: sender => senderControl.isPaused(sender),
      onVerified: (sender, secretId) => senderControl.used(sender, secretId),
      onQueued: onDeliveryDue,
    }),
    /** What the API's routes work with. */
    api: { onDeliveryDue, senderControl },
    stop: () => stopWebhooks({ worker, senderControl }),
  };
}

/** How long writing down the used secrets may take. */
const FLUSH_TIMEOUT_MS = 10_000;

/** Ends in a limited time, also where the database hangs. */
export async function stopWebhooks(parts: {
  worker: Pick<DeliveryWorker, 'stop'>;
  senderControl: Pick<SenderControl, 'writeUses'>;
}): Promise<void> {
  const { worker, senderControl } = parts;
  const flushTimeout = timeout(FLUSH_TIMEOUT_MS, TimeoutStrategy.Aggressive);
  await Promise.all([
    worker.stop(),
    flushTimeout.execute(() => senderControl.writeUses()),
  ]);
}
