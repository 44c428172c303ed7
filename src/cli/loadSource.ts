import { ConfigSources } from '@backstage/config-loader';
import { InputError } from '@backstage/errors';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { suggest } from '../config/messages';
import {
  type CustomDataSettings,
  readCustomDataSettings,
} from '../config/settings';
import type { SourceSettings } from '../config/source';
import type { Terminal } from './terminal';

/**
 * Reads one source as a backend does: the files in order, then variables that
 * begin with `APP_CONFIG_`.
 */
export async function loadSource(
  files: string[],
  name: string,
  { env }: Pick<Terminal, 'env'>,
): Promise<{ settings: SourceSettings; placeholders: string[] }> {
  const unset = new Set<string>();
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
  const config = await ConfigSources.toConfig(source);
  config.close();
  const settings = readCustomDataSettings(config);
  const { placeholders } = settings;
  return { settings: findSource(settings, name, unset), placeholders };
}

function findSource(
  settings: CustomDataSettings,
  name: string,
  unset: Set<string>,
): SourceSettings {
  const { sources, misconfiguredSources: misconfigured, nothing } = settings;
  const found = sources.find(source => source.name === name);
  if (found) {
    assertDeclared(found);
    return found;
  }
  const faulty = misconfigured.find(source => source.name === name);
  if (faulty) {
    const vanished =
      unset.size > 0
        ? ` (variables of the files that are not set: ${[...unset].join(', ')})`
        : '';
    throw new InputError(`${faulty.key}: ${faulty.reason}${vanished}`);
  }
  const known = [...sources, ...misconfigured].map(source => source.name);
  throw new InputError(
    `There is no source "${name}"; ${nothing ?? suggest(name, known)}`,
  );
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
