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
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type { RequestHandler } from 'express';
import Router from 'express-promise-router';
import type { Knex } from 'knex';
import {
  type ApiContext,
  createApiRouter,
  createIdleRouter,
} from '../api/createApiRouter';
import {
  createRoutesBefore,
  createRoutesBehind,
} from '../api/reference/catalogRoutes';
import {
  credentialsOfSender,
  credentialsOfSource,
} from '../config/credentials';
import type { Misconfigured } from '../config/messages';
import type { CustomDataSettings } from '../config/settings';
import {
  type CredentialKey,
  recordCredentials,
} from '../database/credentialDates';
import { openTables } from '../database/migrate';
import type { Extensions } from '../extension';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { createRefresher } from '../locations/createRefresher';
import { CatalogConflicts } from '../ingestion/findings/CatalogConflicts';
import type { IdleEntityProvider } from '../ingestion/entityProviders';
import type { SourceSync } from '../ingestion/SourceSync';
import { readSourceReadings } from '../ingestion/control/sourceReadings';
import { readDeliveryReadings } from '../deliveries/database/deliveryReadings';
import { OutageLog } from '../deliveries/OutageLog';
import type { RunTracker } from '../metrics/runs';
import { observeState } from '../metrics/state';
import { CustomDataProcessor } from '../processors/CustomDataProcessor';
import { DeploymentProcessor } from '../processors/DeploymentProcessor';
import type { IntegrationEntities } from '../upkeep/integrations/IntegrationEntityProvider';
import { type FeedsContext, readFeeds } from '../upkeep/integrations/readFeeds';
import { toEntities } from '../upkeep/integrations/toEntities';
import { PushWorker } from '../upkeep/push/PushWorker';
import { createTrials } from './candidate/createTrials';
import { keepRemovedSources, startSources } from './createSources';
import { createWebhooks } from './createWebhooks';
import type { PreparedSources } from './prepareSources';
import { scheduleTasks } from './scheduleTasks';

// The log begins with this text.
const STATE_FAILED = 'The state could not be read for the metrics';

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
  notifications: NotificationService;
  permissions: PermissionsService;
  scheduler: SchedulerService;
  settings: CustomDataSettings;
  extensions: Extensions;
  tracker: RunTracker;
  prepared: PreparedSources;
  /** Lends its connection to the catalog. */
  connector: IdleEntityProvider;
  readModel: () => Promise<CatalogModel>;
  now: () => Date;
}

/** Everything that needs the tables, built once they are migrated. */
export async function start(options: StartOptions) {
  const { config, database, settings } = options;
  const usersMayWrite =
    settings.allowUserWrites ||
    config.getOptionalBoolean('permission.enabled') === true;
  const isNeeded = settings.nothing === undefined;
  const { knex, hasTables } = await openTables(database, isNeeded);
  return hasTables
    ? startParts({ ...options, knex, usersMayWrite })
    : startIdle({ ...options, usersMayWrite });
}

type ReadyOptions = StartOptions & { knex: Knex; usersMayWrite: boolean };

async function startParts(options: ReadyOptions) {
  const { knex, lifecycle, prepared } = options;
  const stop = new AbortController();
  lifecycle.addShutdownHook(() => stop.abort());
  const { syncs, readers } = startSources(options);
  const misconfigured = reasonsOf(prepared.misconfigured);
  const kept = await keepRemovedSources({ ...options, syncs, misconfigured });
  const conflicts = new CatalogConflicts(options);
  const { webhooks, senders, subjects, credentials } = startWebhooks(
    options,
    syncs,
  );
  const sources = new Map(
    prepared.sources.map(source => [source.settings.name, source]),
  );
  const pushes = new PushWorker({
    ...options,
    syncs,
    misconfigured,
    shutdown: stop.signal,
  });
  options.lifecycle.addShutdownHook(() => pushes.idle());
  const context = {
    ...options,
    ...webhooks.api,
    syncs,
    misconfigured,
    pushes,
    subjects,
    sources,
    connectionOf: (name: string) =>
      (kept.get(name) ?? syncs.get(name))?.connection,
    ownCredentials: credentials,
    startTrial: createTrials({
      ...options,
      ...options.settings,
      sources,
      fetchOf: options.tracker.countingFetch,
    }),
    shutdown: stop.signal,
  };
  const startedAt = options.now();
  const readState = async () => [
    ...(await readSourceReadings({ ...context, startedAt })),
    ...(await readDeliveryReadings({ ...options, ...options.settings })),
    ...(await webhooks.senderControl.readings()),
  ];
  observeInLog(readState, options, stop.signal);
  return {
    syncs,
    /** What the actions work with; undefined where nothing is configured. */
    api: context as ApiContext | undefined,
    ...routersOf(context, webhooks.router, options.settings),
    processors: [
      new CustomDataProcessor({ readers, misconfigured }),
      // Without a sender it has nothing to show.
      ...(senders.length > 0
        ? [new DeploymentProcessor({ ...webhooks, knex, subjects })]
        : []),
    ],
    /** They keep the entities of sources that are no longer configured. */
    keptProviders: [...kept.values()],
    integrationEntities: integrationEntitiesOf(context, options.settings),
    begin: () =>
      begin(options, {
        senders,
        webhooks,
        conflicts,
        cleaning: context,
        telling: { ...context, outages: new OutageLog(options) },
        pushes,
      }),
  };
}

function integrationEntitiesOf(
  context: FeedsContext,
  { integrationEntities }: CustomDataSettings,
): IntegrationEntities {
  if (integrationEntities === undefined) {
    return 'keep';
  }
  return integrationEntities
    ? async () => toEntities(await readFeeds(context))
    : 'none';
}

async function begin(
  options: ReadyOptions,
  parts: Pick<
    Parameters<typeof scheduleTasks>[0],
    'senders' | 'webhooks' | 'conflicts' | 'cleaning' | 'telling' | 'pushes'
  >,
): Promise<void> {
  const { connector, events, knex, now } = options;
  const { webhooks, conflicts } = parts;
  await recordCredentials({
    knex,
    credentials: credentialKeys(options),
    now: now(),
  });
  // A restart lets nobody in who was paused.
  await webhooks.senderControl.refresh();
  await conflicts.subscribe(events);
  await scheduleTasks({ ...options, ...parts });
  // Before, nothing that it records could be refreshed.
  void connector.connected.then(() => webhooks.worker.start());
}

function routersOf(
  context: ApiContext,
  webhooks: RequestHandler,
  { aliasRoutes }: CustomDataSettings,
) {
  return {
    router: Router().use(
      webhooks,
      createApiRouter(context),
      ...(aliasRoutes ? [createRoutesBefore(context)] : []),
    ),
    /** Goes behind the catalog's own routes. */
    routesBehind: aliasRoutes ? createRoutesBehind(context) : undefined,
  };
}

/** The credentials that the configuration has. */
function credentialKeys({ prepared, settings }: StartOptions): CredentialKey[] {
  return [
    ...prepared.sources.flatMap(source =>
      credentialsOfSource(source.settings).map(({ id }) => ({
        type: 'source' as const,
        name: source.settings.name,
        id,
      })),
    ),
    ...settings.senders.flatMap(sender =>
      credentialsOfSender(sender).map(({ id }) => ({
        type: 'sender' as const,
        name: sender.name,
        id,
      })),
    ),
  ];
}

/** Measures the state. The log says when it cannot be read, and when it can again. */
function observeInLog(
  read: Parameters<typeof observeState>[0]['read'],
  options: ConstructorParameters<typeof OutageLog>[0],
  signal: AbortSignal,
): void {
  const outages = new OutageLog(options);
  observeState({
    read,
    onRead: () => outages.worked(STATE_FAILED),
    onFailed: error => outages.failed(STATE_FAILED, error),
    signal,
  });
}

function startWebhooks(options: ReadyOptions, syncs: Map<string, SourceSync>) {
  const { connector, lifecycle, settings } = options;
  // What misconfigured senders reported has happened.
  const senders = [...settings.senders, ...settings.misconfiguredSenders];
  const subjects = new DeploymentSubjects(senders);
  const credentials = () => options.auth.getOwnServiceCredentials();
  const webhooks = createWebhooks({
    ...options,
    subjects,
    refresher: createRefresher({
      ...options,
      sources: syncs,
      connection: () => connector.connection,
      credentials,
    }),
    credentials,
  });
  lifecycle.addShutdownHook(() => webhooks.stop());
  return { webhooks, senders, subjects, credentials };
}

/** Where nothing is configured, and no table has anything. */
function startIdle(options: Parameters<typeof createIdleRouter>[0]) {
  return {
    syncs: new Map<string, SourceSync>(),
    api: undefined,
    router: createIdleRouter(options),
    routesBehind: undefined,
    processors: [],
    keptProviders: [],
    integrationEntities: 'none' as const,
    begin: async () => {},
  };
}

/** Why sources do nothing, by name. */
function reasonsOf(misconfigured: Misconfigured[]): Map<string, string> {
  return new Map(
    misconfigured.map(({ name, key, reason }) => [name, `${key}: ${reason}`]),
  );
}
