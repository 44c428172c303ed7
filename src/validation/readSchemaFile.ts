import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Reads the JSON Schema of a source from its file, once, at the start. A
 * relative path begins at the working directory of the process.
 */
export function readSchemaFile(options: {
  source: string;
  path: string;
}): JsonObject {
  const path = resolve(options.path);
  const refuse = (reason: string, cause?: unknown) =>
    new InputError(
      `The JSON Schema at catalog.customData.sources.${options.source}.schema, the file "${path}", ${reason}`,
      cause,
    );
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw refuse(
      'cannot be read; a relative path begins at the working directory of the backend',
      error,
    );
  }
  let schema: JsonObject;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw refuse('is not valid JSON', error);
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw refuse('holds no object; begin it with { "type": "object", … }');
  }
  return schema;
}
