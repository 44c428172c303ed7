import type {
  AuditorService,
  AuthService,
  DatabaseService,
  HttpAuthService,
  LifecycleService,
  LoggerService,
  PermissionsService,
  RootConfigService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { CatalogModel } from '@backstage/catalog-model/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { EventsService } from '@backstage/plugin-events-node';
import Router from 'express-promise-router';
import { createApiRouter, createIdleRouter } from '../api/createApiRouter';
import type { Misconfigured } from '../config/messages';
import type { CustomDataSettings } from '../config/settings';
import { openTables } from '../database/migrate';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { createRefresher } from '../locations/createRefresher';
import { CatalogConflicts } from '../ingestion/findings/CatalogConflicts';
import { updateErrors } from '../ingestion/findings/updateErrors';
import type { IdleEntityProvider } from '../ingestion/entityProviders';
import type { SourceSync } from '../ingestion/SourceSync';
import { readSourceReadings } from '../ingestion/control/sourceReadings';
import { readDeliveryReadings } from '../deliveries/database/deliveryReadings';
import type { RunTracker } from '../metrics/runs';
import { observeState } from '../metrics/state';
import { CustomDataProcessor } from '../processors/CustomDataProcessor';
import { DeploymentProcessor } from '../processors/DeploymentProcessor';
import { createTrials } from './candidate/createTrials';
import { keepRemovedSources, startSources } from './createSources';
import { createWebhooks } from './createWebhooks';
import type { PreparedSources } from './prepareSources';
import { scheduleTasks } from './scheduleTasks';

interface StartOptions {
  auditor: AuditorService;
  auth: AuthService;
  catalog: CatalogService;
  config: RootConfigService;
  database: DatabaseService;
  events: EventsService;
  httpAuth: HttpAuthService;
  lifecycle: LifecycleService;
  logger: LoggerService;
  permissions: PermissionsService;
  scheduler: SchedulerService;
  settings: CustomDataSettings;
  tracker: RunTracker;
  prepared: PreparedSources;
  /** Lends its connection to the catalog. */
  connector: IdleEntityProvider;
  readModel: () => Promise<CatalogModel>;
  now: () => Date;
}

/** Everything that needs the tables, built once they are migrated. */
export async function start(options: StartOptions) {
  const { auth, catalog, config, events, lifecycle, logger } = options;
  const { settings, prepared, connector, now } = options;
  const usersMayWrite =
    settings.allowUserWrites ||
    config.getOptionalBoolean('permission.enabled') === true;
  const isNeeded = settings.nothing === undefined;
  const { knex, hasTables } = await openTables(options.database, isNeeded);
  if (!hasTables) {
    return startIdle({ ...options, usersMayWrite });
  }
  const stop = new AbortController();
  lifecycle.addShutdownHook(() => stop.abort());
  const { syncs, readers } = startSources({ ...options, knex });
  const misconfigured = reasonsOf(prepared.misconfigured);
  const sources = { knex, syncs, misconfigured };
  const removed = await keepRemovedSources({ ...sources, logger });
  const conflicts = new CatalogConflicts({ knex, now });
  const credentials = () => auth.getOwnServiceCredentials();
  // What misconfigured senders reported has happened.
  const senders = [...settings.senders, ...settings.misconfiguredSenders];
  const subjects = new DeploymentSubjects(senders);
  const webhooks = createWebhooks({
    ...options,
    knex,
    subjects,
    refresher: createRefresher({
      knex,
      sources: syncs,
      connection: () => connector.connection,
      refreshForeign: async entityRef =>
        catalog.refreshEntity(entityRef, { credentials: await credentials() }),
      now,
    }),
    credentials,
  });
  lifecycle.addShutdownHook(() => webhooks.stop());
  const control = {
    ...sources,
    logger,
    now,
    connectionOf: (name: string) =>
      (removed.get(name) ?? syncs.get(name))?.connection,
    shutdown: stop.signal,
  };
  observeState(
    async () => [
      ...(await readSourceReadings(control)),
      ...(await readDeliveryReadings({ knex, now })),
      ...webhooks.senderControl.readings(),
    ],
    stop.signal,
  );
  const api = createApiRouter({
    ...options,
    ...control,
    ...webhooks.api,
    subjects,
    ownCredentials: credentials,
    startTrial: createTrials({ ...options, ...settings }),
    sources: new Map(
      prepared.sources.map(source => [source.settings.name, source]),
    ),
    usersMayWrite,
  });
  return {
    syncs,
    router: Router().use(webhooks.router, api),
    processors: [
      new CustomDataProcessor({ readers, misconfigured }),
      // Without a sender it has nothing to show.
      ...(senders.length > 0
        ? [new DeploymentProcessor({ ...webhooks, knex, subjects })]
        : []),
    ],
    /** They keep the entities of sources that are no longer configured. */
    keptProviders: [...removed.values()],
    async begin() {
      // A restart lets nobody in who was paused.
      await webhooks.senderControl.refresh();
      await conflicts.subscribe(events);
      await scheduleTasks({
        ...options,
        webhooks,
        conflicts,
        updateErrors: signal => updateErrors({ knex, logger, now, signal }),
      });
      // Before, nothing that it records could be refreshed.
      void connector.connected.then(() => webhooks.worker.start());
    },
  };
}

/** Where nothing is configured, and no table has anything. */
function startIdle(options: Parameters<typeof createIdleRouter>[0]) {
  return {
    syncs: new Map<string, SourceSync>(),
    router: createIdleRouter(options),
    processors: [],
    keptProviders: [],
    begin: async () => {},
  };
}

/** Why sources do nothing, by name. */
function reasonsOf(misconfigured: Misconfigured[]): Map<string, string> {
  return new Map(
    misconfigured.map(({ name, key, reason }) => [name, `${key}: ${reason}`]),
  );
}
