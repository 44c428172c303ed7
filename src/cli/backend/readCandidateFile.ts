import { ConfigSources, FileConfigSource } from '@backstage/config-loader';
import { InputError, NotFoundError } from '@backstage/errors';
import type { JsonObject, JsonValue } from '@backstage/types';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CANDIDATE_KEYS } from '../../config/candidate';
import { suggest } from '../../config/messages';
import { isObject } from '../../lib/values';
import { readSchemaFile } from '../../validation/recordSchema';
import type { Terminal } from '../terminal';

/**
 * The mapping in a file: the block of one source, or a configuration that has
 * the source. Of either, the keys that a candidate may have are taken.
 */
export async function readCandidateFile(
  file: string,
  name: string,
  terminal: Pick<Terminal, 'cwd' | 'env'>,
): Promise<JsonObject> {
  const block = findBlock(await readConfig(file, terminal), { file, name });
  const given = CANDIDATE_KEYS.filter(key => block[key] !== undefined);
  if (given.length === 0) {
    throw new InputError(
      `"${file}" has none of the keys of a candidate: ${CANDIDATE_KEYS.join(
        ', ',
      )}`,
    );
  }
  const candidate = Object.fromEntries(given.map(key => [key, block[key]]));
  const { schema } = candidate;
  return typeof schema === 'string'
    ? // The path of a file, which the backend would not read for a request.
      { ...candidate, schema: readSchemaFile(resolve(terminal.cwd, schema)) }
    : candidate;
}

/** Reads a file as a backend does, with `$include` and variables. */
async function readConfig(
  file: string,
  { cwd, env }: Pick<Terminal, 'cwd' | 'env'>,
): Promise<JsonObject> {
  const path = existing(file, cwd);
  const config = await ConfigSources.toConfig(
    FileConfigSource.create({
      path,
      watch: false,
      substitutionFunc: async variable => env[variable]?.trim(),
    }),
  );
  config.close();
  return config.get();
}

function findBlock(
  config: JsonObject,
  { file, name }: { file: string; name: string },
): JsonObject {
  const { catalog } = config;
  if (!isObject(catalog)) {
    return config;
  }
  const { sources } = isObject(catalog.customData)
    ? catalog.customData
    : ({} as JsonObject);
  const blocks = isObject(sources) ? sources : {};
  const block = blocks[name];
  if (!isObject(block)) {
    throw new NotFoundError(
      `"${file}" has no source "${name}"; ${suggest(
        name,
        Object.keys(blocks),
      )}`,
    );
  }
  return block;
}

/** A file that holds JSON. */
export function readJsonFile(file: string, cwd: string): JsonValue {
  const text = readFileSync(existing(file, cwd), 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`"${file}" is not JSON`, error);
  }
}

function existing(file: string, cwd: string): string {
  const path = resolve(cwd, file);
  if (!existsSync(path)) {
    throw new NotFoundError(`There is no file "${path}"`);
  }
  return path;
}
