import type { Config } from '@backstage/config';
import { ConfigSources } from '@backstage/config-loader';
import { InputError, toError } from '@backstage/errors';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { suggest } from '../config/messages';
import { readCustomDataSettings } from '../config/settings';
import type { SourceSettings } from '../config/source';
import type { Terminal } from './terminal';

export type LoadedSource =
  | { type: 'sound'; settings: SourceSettings; placeholders: string[] }
  | { type: 'faulty'; key: string; reason: string };

/**
 * Reads one source as a backend does: the files in order, then variables that
 * begin with `APP_CONFIG_`. Throws for one that is not there.
 */
export async function loadSource(
  files: string[],
  name: string,
  { env }: Pick<Terminal, 'env'>,
): Promise<LoadedSource> {
  const unset = new Set<string>();
  const config = await readConfig(files, env, unset);
  const settings = readCustomDataSettings(config);
  const { sources, misconfiguredSources: misconfigured, nothing } = settings;
  const found = sources.find(source => source.name === name);
  if (found) {
    assertDeclared(found);
    const { placeholders } = settings;
    return { type: 'sound', settings: found, placeholders };
  }
  const faulty = misconfigured.find(source => source.name === name);
  if (faulty) {
    const { key, reason } = faulty;
    const variables =
      unset.size > 0
        ? `\nVariables that the files name and that are not set: ${[
            ...unset,
          ].join(', ')}`
        : '';
    return { type: 'faulty', key, reason: `${reason}${variables}` };
  }
  const known = [...sources, ...misconfigured].map(source => source.name);
  throw new InputError(
    `There is no source "${name}"; ${nothing ?? suggest(name, known)}`,
  );
}

async function readConfig(
  files: string[],
  env: Terminal['env'],
  unset: Set<string>,
): Promise<Config> {
  const source = ConfigSources.default({
    argv: files.flatMap(file => ['--config', file]),
    env,
    watch: false,
    substitutionFunc: async variable => {
      const value = env[variable]?.trim();
      if (value === undefined) {
        unset.add(variable);
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

/** Code of a source is added by a module of a backend. */
function assertDeclared({ name, type, transformer }: SourceSettings): void {
  const code =
    type === 'custom'
      ? 'is fetched by code (type: custom)'
      : transformer && `is mapped by code (transformer: ${transformer})`;
  if (code) {
    throw new InputError(
      `Source "${name}" ${code}, which only a backend has; it cannot be tried`,
    );
  }
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
