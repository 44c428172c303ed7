import type { Config } from '@backstage/config';
import { ConfigSources } from '@backstage/config-loader';
import { InputError, toError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Terminal } from './terminal';

/** The bytes of a file that a user named. */
export async function readBytes(
  file: string,
  { cwd }: Pick<Terminal, 'cwd'>,
): Promise<Buffer> {
  const path = resolve(cwd, file);
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(
      code === 'ENOENT'
        ? `There is no file "${path}"`
        : `The file "${path}" cannot be read: ${code}`,
    );
  }
}

export async function readJson(
  file: string,
  terminal: Pick<Terminal, 'cwd'>,
): Promise<JsonValue> {
  const bytes = await readBytes(file, terminal);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new InputError(`"${file}" is not JSON`, error);
  }
}

/**
 * Reads configuration files as a backend does, with `$include` and variables.
 * Those that are not set are added to `unset`.
 */
export async function readConfigFiles(
  files: string[],
  options: {
    env: Terminal['env'];
    /** Of these, the ones that begin with `APP_CONFIG_` are part of the configuration. */
    overrides?: Terminal['env'];
    unset?: Set<string>;
  },
): Promise<Config> {
  const { env, overrides = {}, unset } = options;
  const source = ConfigSources.default({
    argv: files.flatMap(file => ['--config', file]),
    env: overrides,
    watch: false,
    substitutionFunc: async variable => {
      const value = env[variable]?.trim();
      if (value === undefined) {
        unset?.add(variable);
      }
      return value;
    },
  });
  try {
    const config = await ConfigSources.toConfig(source);
    config.close();
    return config;
  } catch (error) {
    const { message } = toError(error);
    const isNothing = message.startsWith("Missing required config value at ''");
    const reason = isNothing ? 'it is empty' : message;
    throw new InputError(
      `The configuration (${files.join(', ')}) cannot be read: ${reason}`,
    );
  }
}
