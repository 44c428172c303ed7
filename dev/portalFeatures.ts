import {
  coreServices,
  createBackendFeatureLoader,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { PermissionPolicy } from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';

/** Everybody may read, and nobody may do what has a permission of this module. */
const policy: PermissionPolicy = {
  async handle({ permission }) {
    return permission.name.startsWith('customData.')
      ? { result: AuthorizeResult.DENY }
      : { result: AuthorizeResult.ALLOW };
  },
};

const readOnlyPolicy = createBackendModule({
  pluginId: 'permission',
  moduleId: 'read-only-policy',
  register(env) {
    env.registerInit({
      deps: { point: policyExtensionPoint },
      async init({ point }) {
        point.setPolicy(policy);
      },
    });
  },
});

/** What a portal needs beside the catalog, where the configuration asks for it. */
export const portalFeatures = createBackendFeatureLoader({
  deps: { config: coreServices.rootConfig },
  *loader({ config }) {
    if (config.has('auth.providers.guest')) {
      yield import('@backstage/plugin-auth-backend');
      yield import('@backstage/plugin-auth-backend-module-guest-provider');
    }
    if (config.getOptionalBoolean('permission.enabled')) {
      yield import('@backstage/plugin-permission-backend');
      yield readOnlyPolicy;
    }
  },
});
