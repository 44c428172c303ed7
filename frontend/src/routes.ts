import { createRouteRef } from '@backstage/frontend-plugin-api';

export const rootRouteRef = createRouteRef();
export const sourcesRouteRef = createRouteRef();
export const deliveriesRouteRef = createRouteRef();
export const deploymentsRouteRef = createRouteRef();
export const integrationsRouteRef = createRouteRef();
