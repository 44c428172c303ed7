import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { isObject } from './values';

/**
 * A JSON Schema, or the path of its file; whether it can be read and compiled is
 * seen where it is used.
 */
export const recordSchema = z
  .any()
  .transform((value, ctx): JsonObject | string => {
    const message = describeBadSchema(value);
    if (message) {
      ctx.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    return value;
  });

function describeBadSchema(value: unknown): string | undefined {
  if (typeof value === 'boolean') {
    return `is ${value}, which lets ${
      value ? 'every' : 'no'
    } record pass; write the schema as a map, or remove the key`;
  }
  if (isObject(value) ? Object.keys(value).length > 0 : isPath(value)) {
    return undefined;
  }
  return isObject(value) || typeof value === 'string'
    ? 'is present and empty; set a JSON Schema, such as { $include: ./record.schema.json }, or the path of its file, or remove the key'
    : 'must be a JSON Schema, as a map of keys and values, or the path of its file';
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
