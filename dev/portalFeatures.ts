import {
  coreServices,
  createBackendFeatureLoader,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';

/**
 * Everybody may do everything, or with `dev.readOnly` nothing that has a
 * permission of this module.
 */
const policy = createBackendModule({
  pluginId: 'permission',
  moduleId: 'dev-policy',
  register(env) {
    env.registerInit({
      deps: { point: policyExtensionPoint, config: coreServices.rootConfig },
      async init({ point, config }) {
        const isReadOnly = config.getOptionalBoolean('dev.readOnly') ?? false;
        point.setPolicy({
          async handle({ permission }) {
            return isReadOnly && permission.name.startsWith('customData.')
              ? { result: AuthorizeResult.DENY }
              : { result: AuthorizeResult.ALLOW };
          },
        });
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
      yield policy;
    }
  },
});
