import {
  coreServices,
  createBackendModule,
  type DatabaseService,
  type LoggerService,
  type SchedulerService,
} from '@backstage/backend-plugin-api';
import { stringifyError, toError } from '@backstage/errors';
import {
  catalogLocationsExtensionPoint,
  catalogProcessingExtensionPoint,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { createApiRouter } from './api/createApiRouter';
import { createOwnerLookup } from './api/createOwnerLookup';
import { customDataPermissions } from './api/permissions';
import { readCustomDataSettings } from './config/readCustomDataSettings';
import { refusalOf } from './config/refusalOf';
import { createCursorReader } from './mapping/createCursorReader';
import { createRecordMapper } from './mapping/createRecordMapper';
import { LOCATION_TYPE, providerName } from './model/keys';
import type { CustomDataSettings } from './model/settings';
import { CustomDataProcessor } from './processors/CustomDataProcessor';
import { DeploymentProcessor } from './processors/DeploymentProcessor';
import { createHttpRecordSource } from './sources/httpRecordSource';
import { createDeliveryStore } from './store/deliveries';
import { createDeploymentStore } from './store/deployments';
import { createEntityRegistry } from './store/createEntityRegistry';
import { createManageStore } from './store/manage/createManageStore';
import { migrate } from './store/migrate';
import { createReadStateStore } from './store/reads/createReadStateStore';
import { createSyncStore } from './store/sync/createSyncStore';
import { whenReady } from './store/whenReady';
import { createSourceControl } from './sync/control/createSourceControl';
import { createRefresher } from './sync/createRefresher';
import { CustomDataEntityProvider } from './sync/CustomDataEntityProvider';
import { IdleEntityProvider } from './sync/IdleEntityProvider';
import { RecordReader } from './sync/RecordReader';
import { SourceSync } from './sync/SourceSync';
import { milliseconds, pollIntervalMs } from './sync/schedules';
import { createEntityValidator } from './validation/createEntityValidator';
import { createDeliveryWorker } from './webhooks/createDeliveryWorker';
import { createWebhookRouter } from './webhooks/createWebhookRouter';

const now = () => new Date();

/** Everything below it is open to callers without a Backstage token. */
const WEBHOOKS_PATH = '/custom-data/webhooks';

/**
 * The module: entities from the metadata APIs under
 * `catalog.customData.sources`, and deployment webhooks for the senders under
 * `catalog.customData.webhooks`.
 *
 * @public
 */
export const catalogModuleCustomData = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'custom-data',
  register(env) {
    env.registerInit({
      deps: {
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        locations: catalogLocationsExtensionPoint,
        logger: coreServices.logger,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        processing: catalogProcessingExtensionPoint,
        scheduler: coreServices.scheduler,
      },
      async init({
        auth,
        catalog,
        config,
        httpRouter,
        locations,
        ...services
      }) {
        const { lifecycle, logger, processing, scheduler } = services;
        const stop = new AbortController();
        lifecycle.addShutdownHook(() => stop.abort());
        const settings = readCustomDataSettings(config);
        const stores = createStores(services);
        const sources = createSources({ ...services, settings, stores });
        const connection = IdleEntityProvider.create({
          name: LOCATION_TYPE,
          // Thrown when the catalog connects rather than here, where it would
          // leave providers unregistered and so have their entities evicted.
          refusal: settings.strict
            ? refusalOf([
                ...settings.faults,
                ...sources.faults,
                ...settings.misconfiguredSenders,
              ])
            : undefined,
        });
        const abandoned = new Map<string, IdleEntityProvider>();
        const worker = createDeliveryWorker({
          ...stores,
          senders: settings.senders,
          refresher: createRefresher({
            ...stores,
            sources: sources.syncs,
            connection: () => connection.connection,
            refreshForeign: async entityRef =>
              catalog.refreshEntity(entityRef, {
                credentials: await auth.getOwnServiceCredentials(),
              }),
            now,
          }),
          logger,
          now,
          shutdown: stop.signal,
        });

        // Mounted before anything is awaited: a body parser that another module
        // mounts first would take the bytes that were signed.
        httpRouter.use(
          createWebhookRouter({
            ...stores,
            senders: settings.senders,
            logger,
            now,
            onAccepted: () => worker.kick(),
          }),
        );
        httpRouter.use(
          createApiRouter({
            ...services,
            ...stores,
            control: createSourceControl({
              ...sources,
              ...stores,
              connectionOf: name => abandoned.get(name)?.connection,
              logger,
              now,
              shutdown: stop.signal,
            }),
            ownersOf: createOwnerLookup({ catalog }),
            usersMayWrite:
              settings.allowUserWrites ||
              config.getOptionalBoolean('permission.enabled') === true,
            now,
          }),
        );
        services.permissionsRegistry.addPermissions(customDataPermissions);
        httpRouter.addAuthPolicy({
          path: WEBHOOKS_PATH,
          allow: 'unauthenticated',
        });
        // Registered before anything can fail: at its start the catalog evicts
        // the entities of every provider that is not.
        processing.addEntityProvider(connection, ...sources.providers);
        processing.addProcessor(
          CustomDataProcessor.create(sources),
          new DeploymentProcessor({
            ...stores,
            senders: [...settings.senders, ...settings.misconfiguredSenders],
          }),
        );
        if (settings.allowedLocationTypes) {
          locations.setAllowedLocationTypes(settings.allowedLocationTypes);
        }
        report(logger, settings, sources.misconfigured);

        const known = new Set(
          sources.providers.map(provider => provider.getProviderName()),
        );
        for (const source of await stores.store.listSources()) {
          if (!known.has(providerName(source))) {
            logger.warn(
              `Source "${source}" is not in the configuration any more; its entities stay as they are`,
            );
            const provider = IdleEntityProvider.create({
              name: providerName(source),
            });
            abandoned.set(source, provider);
            processing.addEntityProvider(provider);
          }
        }
        await scheduler.scheduleTask({
          id: 'custom-data-deliveries',
          scope: 'local',
          frequency: { seconds: 5 },
          initialDelay: { seconds: 1 },
          // Under a steady load one run goes on and on; later ones join it.
          timeout: { hours: 1 },
          fn: signal => worker.run(signal),
        });
      },
    });
  },
});

type Stores = ReturnType<typeof createStores>;

/** The tables; whoever uses one waits until they are migrated. */
function createStores({ database }: { database: DatabaseService }) {
  const ready = database.getClient().then(async knex => {
    await migrate({ knex, migrations: database.migrations });
    return { knex };
  });
  return {
    store: whenReady(ready.then(createSyncStore)),
    manage: whenReady(ready.then(createManageStore)),
    reads: whenReady(ready.then(createReadStateStore)),
    registry: whenReady(ready.then(createEntityRegistry)),
    deliveries: whenReady(ready.then(createDeliveryStore)),
    deployments: whenReady(ready.then(createDeploymentStore)),
  };
}

/** What polls and reads each source; one at fault does nothing and keeps its entities. */
function createSources(options: {
  settings: CustomDataSettings;
  stores: Stores;
  scheduler: SchedulerService;
  logger: LoggerService;
}) {
  const { settings, stores, scheduler, logger } = options;
  const syncs = new Map<string, SourceSync>();
  const readers = new Map<string, RecordReader>();
  const misconfigured = [...settings.misconfiguredSources];
  for (const source of settings.sources) {
    try {
      const timeoutMs = milliseconds(source.schedule.timeout);
      const mapper = createRecordMapper(source);
      const parts = {
        ...stores,
        settings: source,
        mapper,
        validator: createEntityValidator(source),
        source: createHttpRecordSource({
          settings: source,
          selectRecords: answer => mapper.selectRecords(answer),
          readCursor: createCursorReader(source),
          timeLimitMs: timeoutMs,
          now,
        }),
        logger,
        now,
        random: Math.random,
      };
      syncs.set(source.name, SourceSync.create({ ...parts, timeoutMs }));
      readers.set(
        source.name,
        RecordReader.create({ ...parts, freshForMs: pollIntervalMs(source) }),
      );
    } catch (error) {
      misconfigured.push({
        name: source.name,
        key: `catalog.customData.sources.${source.name}`,
        reason: stringifyError(toError(error)),
      });
    }
  }
  const providers = [
    ...[...syncs.values()].map(sync =>
      CustomDataEntityProvider.create({ sync, scheduler }),
    ),
    ...misconfigured.map(({ name }) =>
      IdleEntityProvider.create({ name: providerName(name) }),
    ),
  ];
  return {
    syncs,
    readers,
    providers,
    faults: misconfigured,
    misconfigured: new Map(
      misconfigured.map(({ name, key, reason }) => [name, `${key}: ${reason}`]),
    ),
  };
}

function report(
  logger: LoggerService,
  settings: CustomDataSettings,
  misconfiguredSources: Map<string, string>,
): void {
  for (const [name, reason] of misconfiguredSources) {
    logger.error(
      `Source "${name}" is misconfigured and does nothing: ${reason}`,
    );
  }
  for (const { name, key, reason } of settings.misconfiguredSenders) {
    logger.error(
      `Webhook sender "${name}" is misconfigured and does nothing: ${key}: ${reason}`,
    );
  }
  for (const { key, reason } of settings.faults) {
    logger.error(`The configuration key "${key}" is ignored: ${reason}`);
  }
  for (const { name, paused } of settings.sources) {
    if (paused) {
      logger.warn(`Source "${name}" is paused`);
    }
  }
}
