import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { catalogCheck } from '../../config/catalogCheck';
import { formatKey, parse } from '../../config/messages';
import { isObject } from '../../lib/values';
import { ownModel } from '../../validation/catalogSchemas';
import type { EntityRules } from '../../validation/files/checkEntity';
import {
  type CheckKind,
  compileKindSchema,
  kindsOf,
} from '../../validation/files/kindSchemas';

const DEFAULT_FILE = '.catalog-check.yaml';

/** The rules of `--config`, or of `.catalog-check.yaml` in the working directory or in one above it. */
export function loadRules(
  config: string | undefined,
  cwd: string,
): EntityRules {
  const file = config === undefined ? findAbove(cwd) : resolve(cwd, config);
  const parsed = parse(catalogCheck, file ? readYaml(file) ?? {} : {}, []);
  if (parsed.type === 'faulty') {
    const faults = parsed.faults.map(({ path, reason }) =>
      path.length ? `${formatKey(path)}: ${reason}` : reason,
    );
    throw new InputError(`${file} cannot be used: ${faults.join('; ')}`);
  }
  const compiledSchemas = new Map<string, CheckKind>();
  for (const [kind, schema] of Object.entries(parsed.value.schemas)) {
    const path = resolve(dirname(file!), schema);
    compiledSchemas.set(kind.toLowerCase(), loadSchema(path, kind));
  }
  return { ...parsed.value, kinds: kindsOf(ownModel()), compiledSchemas };
}

function findAbove(directory: string): string | undefined {
  const file = resolve(directory, DEFAULT_FILE);
  const parent = dirname(directory);
  if (existsSync(file)) {
    return file;
  }
  return parent === directory ? undefined : findAbove(parent);
}

function readYaml(file: string): unknown {
  try {
    return parseYaml(readFileSync(file, 'utf8'), { logLevel: 'error' });
  } catch (error) {
    throw new InputError(`${file} cannot be read`, error);
  }
}

function loadSchema(path: string, kind: string): CheckKind {
  const schema = readYaml(path);
  if (!isObject(schema)) {
    throw new InputError(
      `${path}, the schema of "${kind}", holds no object; begin it with { "type": "object" }`,
    );
  }
  try {
    return compileKindSchema(schema as JsonObject);
  } catch (error) {
    throw new InputError(`${path}, the schema of "${kind}"`, error);
  }
}
