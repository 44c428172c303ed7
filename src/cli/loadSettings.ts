import { ConfigSources } from '@backstage/config-loader';
import { InputError } from '@backstage/errors';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type CustomDataSettings,
  readCustomDataSettings,
} from '../config/settings';
import type { Terminal } from './terminal';

export interface LoadedSettings {
  settings: CustomDataSettings;
  /** Variables that the files name, and that are not set: their keys vanish. */
  unset: string[];
}

/**
 * Reads `catalog.customData` as a backend does: the files in order, then
 * variables that begin with `APP_CONFIG_`.
 */
export async function loadSettings(
  files: string[],
  { env }: Pick<Terminal, 'env'>,
): Promise<LoadedSettings> {
  const unset = new Set<string>();
  const source = ConfigSources.default({
    argv: files.flatMap(file => ['--config', file]),
    env,
    watch: false,
    substitutionFunc: async name => {
      const value = env[name]?.trim();
      if (value === undefined) {
        unset.add(name);
      }
      return value;
    },
  });
  const config = await ConfigSources.toConfig(source);
  config.close();
  const settings = readCustomDataSettings(config);
  return { settings, unset: [...unset] };
}

/** The files that are asked for, or those that a backend reads by default. */
export function configFiles(
  given: string[] | undefined,
  { cwd }: Pick<Terminal, 'cwd'>,
): string[] {
  const files = (given ?? ['app-config.yaml', 'app-config.local.yaml']).map(
    file => resolve(cwd, file),
  );
  const missing = files.filter(file => !existsSync(file));
  if (given ? missing.length > 0 : missing.includes(files[0])) {
    throw new InputError(
      `There is no file "${missing[0]}"; name the configuration with --config`,
    );
  }
  return files.filter(file => !missing.includes(file));
}
