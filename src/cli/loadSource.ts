import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatKey, suggest } from '../config/messages';
import { readCustomDataSettings } from '../config/settings';
import { readSource } from '../config/readSource';
import type { SourceSettings } from '../config/source';
import type { SettingFault } from '../mapping/findExpressionFaults';
import { readConfigFiles } from './files';
import type { Terminal } from './terminal';

export type LoadedSource =
  | { type: 'sound'; settings: SourceSettings; placeholders: string[] }
  | { type: 'faulty'; faults: SettingFault[]; unset: string[] };

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
  const config = await readConfigFiles(files, { env, overrides: env, unset });
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
    const blocks = config.get<JsonObject>('catalog.customData.sources');
    const faults = faultsOf(name, blocks) ?? [{ setting: '', ...faulty }];
    return { type: 'faulty', faults, unset: [...unset] };
  }
  const known = [...sources, ...misconfigured].map(source => source.name);
  throw new InputError(
    `There is no source "${name}"; ${nothing ?? suggest(name, known)}`,
  );
}

/** Each fault of a block; none where its only fault is that another one reads the same. */
function faultsOf(
  name: string,
  blocks: JsonObject,
): SettingFault[] | undefined {
  const parsed = readSource({ name, value: blocks[name], path: [] });
  return parsed.type === 'ok'
    ? undefined
    : parsed.faults.map(({ path, reason }) => ({
        setting: formatKey(path),
        reason,
      }));
}

/** Code of a source is added by a module of a backend, and so are pushed entities. */
function assertDeclared({ name, type, transformer }: SourceSettings): void {
  if (type === 'push') {
    throw new InputError(
      `Source "${name}" is given its entities (type: push), so there is nothing to try; the command validate checks a file of them`,
    );
  }
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
