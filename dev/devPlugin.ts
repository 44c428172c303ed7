import {
  coreServices,
  createBackendPlugin,
  type RootConfigService,
} from '@backstage/backend-plugin-api';
import type { RunningApi } from './metadataApi/listen';
import { readRecordFile } from './metadataApi/readRecordFile';

/** Ties the stand-in API to the backend's life, and hands out the config that was loaded. */
export function createDevPlugin(options: {
  api: RunningApi;
  file: string;
  onConfig(config: RootConfigService): void;
}) {
  return createBackendPlugin({
    pluginId: 'dev',
    register(env) {
      env.registerInit({
        deps: {
          config: coreServices.rootConfig,
          lifecycle: coreServices.rootLifecycle,
        },
        async init({ config, lifecycle }) {
          if (config.getOptionalString('dev.metadata') === 'file') {
            await readRecordFile(options.file);
          }
          lifecycle.addShutdownHook(() => options.api.close());
          options.onConfig(config);
        },
      });
    },
  });
}
