import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import {
  catalogLocationsExtensionPoint,
  catalogProcessingExtensionPoint,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { catalogModelExtensionPoint } from '@backstage/plugin-catalog-node/alpha';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import type { RequestHandler } from 'express';
import { registerActions } from './api/actions/registerActions';
import { customDataPermissions } from './api/permissions';
import {
  type CustomDataSettings,
  readCustomDataSettings,
  strictError,
  reportMisconfigured,
} from './config/settings';
import {
  createExtensions,
  customDataExtensionPoint,
  type Extensions,
} from './extension';
import { IdleEntityProvider } from './ingestion/entityProviders';
import { LOCATION_TYPE } from './lib/keys';
import { createRunTracker, type RunTracker } from './metrics/runs';
import { IntegrationEntityProvider } from './upkeep/integrations/IntegrationEntityProvider';
import { createModelReader } from './wiring/createModelReader';
import { createProviders } from './wiring/createSources';
import { prepareSources } from './wiring/prepareSources';
import { onOneLine } from './wiring/onOneLine';
import { checkSenders } from './wiring/checkSenders';
import { start } from './wiring/start';

const now = () => new Date();

/** Everything below it is open to callers without a Backstage token. */
const WEBHOOKS_PATH = '/custom-data/webhooks';

const deps = {
  actionsRegistry: actionsRegistryServiceRef,
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
  model: catalogModelExtensionPoint,
  notifications: notificationService,
  permissions: coreServices.permissions,
  permissionsRegistry: coreServices.permissionsRegistry,
  processing: catalogProcessingExtensionPoint,
  scheduler: coreServices.scheduler,
};

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
      deps,
      async init({
        actionsRegistry,
        httpRouter,
        locations,
        model,
        permissionsRegistry,
        ...services
      }) {
        const { config, processing } = services;
        const logger = onOneLine(services.logger);
        const settings = checkSenders(
          readCustomDataSettings(config, [...extensions.dialects.keys()]),
        );
        const tracker = createRunTracker(
          settings.sources.map(({ name }) => name),
        );
        const preparing = prepare({ settings, extensions, tracker });
        const readModel = createModelReader(model, logger);
        const started = preparing.then(parts =>
          start({
            ...services,
            logger,
            settings,
            extensions,
            tracker,
            ...parts,
            readModel,
            now,
          }),
        );

        // Mounted before anything is awaited: a body parser that another
        // module mounts first would take the bytes that were signed.
        httpRouter.use(createLateRouter(started.then(({ router }) => router)));
        httpRouter.addAuthPolicy({
          path: WEBHOOKS_PATH,
          allow: 'unauthenticated',
        });
        permissionsRegistry.addPermissions(customDataPermissions);
        const { prepared, connector } = await preparing;
        // Registered before anything can fail: when it starts, the catalog
        // evicts the entities of every provider that is not registered.
        processing.addEntityProvider(
          connector,
          ...createProviders({
            ...services,
            prepared,
            syncs: started.then(({ syncs }) => syncs),
          }),
          new IntegrationEntityProvider({
            ...services,
            entities: started.then(
              ({ integrationEntities }) => integrationEntities,
            ),
          }),
        );
        if (settings.allowedLocationTypes) {
          locations.setAllowedLocationTypes(settings.allowedLocationTypes);
        }
        reportMisconfigured(logger, settings, prepared.misconfigured);

        const { api, processors, keptProviders, routesBehind, begin } =
          await started;
        if (api) {
          registerActions(actionsRegistry, api);
        }
        if (routesBehind) {
          // When the plugin has started, the catalog's own routes are mounted.
          services.lifecycle.addStartupHook(() => httpRouter.use(routesBehind));
        }
        processing.addProcessor(...processors);
        processing.addEntityProvider(...keptProviders);
        await begin();
      },
    });
  },
});

/**
 * A handler that can be mounted before the router it stands for exists.
 * Requests wait for the router, with their body unread.
 */
function createLateRouter(router: Promise<RequestHandler>): RequestHandler {
  // The start of the module reports it.
  router.catch(() => undefined);
  return (req, res, next) => {
    router.then(handle => handle(req, res, next)).catch(next);
  };
}

async function prepare(options: {
  settings: CustomDataSettings;
  extensions: Extensions;
  tracker: RunTracker;
}) {
  const { settings, tracker } = options;
  const prepared = await prepareSources({
    ...options,
    fetchOf: tracker.countingFetch,
    now,
  });
  const refusal = settings.strict
    ? strictError([
        ...settings.faults,
        ...prepared.misconfigured,
        ...settings.misconfiguredSenders,
      ])
    : undefined;
  const connector = new IdleEntityProvider({ name: LOCATION_TYPE, refusal });
  return { prepared, connector };
}
