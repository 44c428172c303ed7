import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findJsonFault } from '../sources/findJsonFault';

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
  const position = findJsonFault(text);
  if (position !== undefined) {
    throw refuse(`is no JSON at ${lineAndColumn(text, position)}`);
  }
  const schema = JSON.parse(text);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw refuse('holds no object; begin it with { "type": "object", … }');
  }
  return schema;
}

function lineAndColumn(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  return `line ${lines.length}, column ${lines[lines.length - 1].length + 1}`;
}
