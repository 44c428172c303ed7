import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { RiDatabase2Line } from '@remixicon/react';
import { CustomDataClient, customDataApiRef } from './api/client';
import {
  deliveriesRouteRef,
  deploymentsRouteRef,
  integrationsRouteRef,
  rootRouteRef,
  sourcesRouteRef,
} from './routes';
import { customDataTranslationRef } from './translation';

const api = ApiBlueprint.make({
  params: define =>
    define({
      api: customDataApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: deps => new CustomDataClient(deps),
    }),
});

const page = PageBlueprint.make({
  params: {
    path: '/custom-data',
    routeRef: rootRouteRef,
    title: customDataTranslationRef('page.title'),
    icon: <RiDatabase2Line />,
  },
});

const sources = SubPageBlueprint.make({
  name: 'sources',
  params: {
    path: 'sources',
    routeRef: sourcesRouteRef,
    title: customDataTranslationRef('page.sources'),
    loader: async () => {
      const { SourcesPage } = await import('./sources/SourcesPage');
      return <SourcesPage />;
    },
  },
});

const deliveries = SubPageBlueprint.make({
  name: 'deliveries',
  params: {
    path: 'deliveries',
    routeRef: deliveriesRouteRef,
    title: customDataTranslationRef('page.deliveries'),
    loader: async () => {
      const { DeliveriesPage } = await import('./deliveries/DeliveriesPage');
      return <DeliveriesPage />;
    },
  },
});

const deployments = SubPageBlueprint.make({
  name: 'deployments',
  params: {
    path: 'deployments',
    routeRef: deploymentsRouteRef,
    title: customDataTranslationRef('page.deployments'),
    loader: async () => {
      const { DeploymentsPage } = await import('./deployments/DeploymentsPage');
      return <DeploymentsPage />;
    },
  },
});

const integrations = SubPageBlueprint.make({
  name: 'integrations',
  params: {
    path: 'integrations',
    routeRef: integrationsRouteRef,
    title: customDataTranslationRef('page.integrations'),
    loader: async () => {
      const { IntegrationsPage } = await import(
        './integrations/IntegrationsPage'
      );
      return <IntegrationsPage />;
    },
  },
});

const runsWhereCard = EntityCardBlueprint.make({
  name: 'runs-where',
  params: {
    filter: { kind: 'component' },
    loader: async () => {
      const { RunsWhereCard } = await import('./entity/RunsWhereCard');
      return <RunsWhereCard />;
    },
  },
});

const originContent = EntityContentBlueprint.make({
  name: 'origin',
  params: {
    path: '/custom-data',
    title: customDataTranslationRef('origin.title'),
    loader: async () => {
      const { OriginContent } = await import('./entity/OriginContent');
      return <OriginContent />;
    },
  },
});

/**
 * The pages and cards of backstage-plugin-catalog-backend-module-custom-data.
 *
 * @public
 */
export const customDataPlugin = createFrontendPlugin({
  pluginId: 'catalog-custom-data',
  title: 'Custom data',
  icon: <RiDatabase2Line />,
  info: { packageJson: () => import('../package.json') },
  routes: { root: rootRouteRef },
  extensions: [
    api,
    page,
    sources,
    deliveries,
    deployments,
    integrations,
    runsWhereCard,
    originContent,
  ],
});
