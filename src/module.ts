import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  catalogLocationsExtensionPoint,
  catalogProcessingExtensionPoint,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { createApiRouter } from './api/createApiRouter';
import { createOwnerLookup } from './api/createOwnerLookup';
import { createVisibleRefs } from './api/createVisibleRefs';
import { customDataPermissions } from './api/permissions';
import { readCustomDataSettings } from './config/readCustomDataSettings';
import { refusalOf } from './config/refusalOf';
import { reportMisconfigured } from './config/reportMisconfigured';
import { HeadsSnapshot } from './deployments/HeadsSnapshot';
import { createExtensions, customDataExtensionPoint } from './extension';
import { IdleEntityProvider } from './ingestion/IdleEntityProvider';
import { createSourceControl } from './ingestion/control/createSourceControl';
import { createRefresher } from './ingestion/createRefresher';
import { createEntityExplainer } from './ingestion/explain/createEntityExplainer';
import { createCatalogFindings } from './ingestion/findings/createCatalogFindings';
import { LOCATION_TYPE } from './lib/keys';
import { CustomDataProcessor } from './processors/CustomDataProcessor';
import { DeploymentProcessor } from './processors/DeploymentProcessor';
import { createSources } from './wiring/createSources';
import { createStores } from './wiring/createStores';
import { createWebhooks } from './wiring/createWebhooks';
import { keepAbandoned } from './wiring/keepAbandoned';
import { scheduleTasks } from './wiring/scheduleTasks';

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
    const { extensions, point } = createExtensions();
    env.registerExtensionPoint(customDataExtensionPoint, point);
    env.registerInit({
      deps: {
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        events: eventsServiceRef,
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
        events,
        httpRouter,
        locations,
        ...services
      }) {
        const { lifecycle, logger, processing, scheduler } = services;
        const stop = new AbortController();
        lifecycle.addShutdownHook(() => stop.abort());
        const settings = readCustomDataSettings(config);
        const stores = createStores(services);
        const sources = createSources({
          ...services,
          settings,
          extensions,
          stores,
          now,
        });
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
        const findings = createCatalogFindings({ ...stores, now });
        const abandoned = new Map<string, IdleEntityProvider>();
        const credentials = () => auth.getOwnServiceCredentials();
        const snapshot = new HeadsSnapshot();
        const webhooks = createWebhooks({
          ...services,
          settings,
          stores,
          snapshot,
          refresher: createRefresher({
            ...stores,
            sources: sources.syncs,
            connection: () => connection.connection,
            refreshForeign: async entityRef =>
              catalog.refreshEntity(entityRef, {
                credentials: await credentials(),
              }),
            now,
          }),
          catalog,
          credentials,
          events,
          now,
          shutdown: stop.signal,
        });
        lifecycle.addShutdownHook(() => webhooks.stop());

        // Mounted before anything is awaited: a body parser that another module
        // mounts first would take the bytes that were signed.
        httpRouter.use(webhooks.router);
        httpRouter.use(
          createApiRouter({
            ...services,
            ...stores,
            ...webhooks.api,
            control: createSourceControl({
              ...sources,
              ...stores,
              connectionOf: name =>
                (abandoned.get(name) ?? sources.syncs.get(name))?.connection,
              logger,
              now,
              shutdown: stop.signal,
            }),
            ownersOf: createOwnerLookup({ catalog }),
            visibleRefs: createVisibleRefs({ ...services, catalog }),
            explainer: createEntityExplainer({
              ...stores,
              sources: sources.explainable,
              now,
              shutdown: stop.signal,
            }),
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
            snapshot,
            senders: [...settings.senders, ...settings.misconfiguredSenders],
          }),
        );
        if (settings.allowedLocationTypes) {
          locations.setAllowedLocationTypes(settings.allowedLocationTypes);
        }
        reportMisconfigured(logger, settings, sources.misconfigured);

        const kept = await keepAbandoned({
          ...sources,
          ...stores,
          providers: new Set(
            sources.providers.map(provider => provider.getProviderName()),
          ),
          logger,
        });
        kept.forEach((provider, source) => abandoned.set(source, provider));
        processing.addEntityProvider(...kept.values());
        // A restart lets nobody in who was paused.
        await webhooks.watch.refresh();
        await findings.subscribe(events);
        await scheduleTasks({ scheduler, webhooks, findings });
      },
    });
  },
});
