import type { Config } from '@backstage/config';
import { ConfigSources } from '@backstage/config-loader';
import { join } from 'node:path';

const VARIABLES: Record<string, string> = {
  METADATA_API_URL: 'http://127.0.0.1:7017',
  METADATA_API_TOKEN: 'metadata-token',
};

/** One of the config files beside this one, as it is read at the start. */
export async function readDevConfig(file: string): Promise<Config> {
  return ConfigSources.toConfig(
    ConfigSources.default({
      argv: ['--config', join(__dirname, file)],
      substitutionFunc: async name => VARIABLES[name],
      watch: false,
    }),
  );
}
