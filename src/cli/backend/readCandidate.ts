import { InputError, NotFoundError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { resolve } from 'node:path';
import { CANDIDATE_KEYS } from '../../config/candidate';
import { suggest } from '../../config/messages';
import { isObject } from '../../lib/values';
import { readSchemaFile } from '../../validation/recordSchema';
import { readConfigFiles } from '../files';
import type { Terminal } from '../terminal';

/**
 * The mapping in a file: the block of one source, or a configuration that has
 * the source. Of either, the keys that a candidate may have are taken.
 */
export async function readCandidate(
  file: string,
  name: string,
  { cwd, env }: Pick<Terminal, 'cwd' | 'env'>,
): Promise<JsonObject> {
  const config = await readConfigFiles([resolve(cwd, file)], { env });
  const block = findBlock(config.get(), { file, name });
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
      { ...candidate, schema: readSchemaFile(resolve(cwd, schema)) }
    : candidate;
}

function findBlock(
  config: JsonObject,
  { file, name }: { file: string; name: string },
): JsonObject {
  const { catalog } = config;
  if (!isObject(catalog)) {
    return config;
  }
  const { customData } = catalog;
  const sources = isObject(customData) ? customData.sources : undefined;
  const blocks = isObject(sources) ? sources : {};
  const block = blocks[name];
  if (!isObject(block)) {
    const advice = suggest(name, Object.keys(blocks));
    throw new NotFoundError(`"${file}" has no source "${name}"; ${advice}`);
  }
  return block;
}
