import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { isObject } from './values';

/** What a POST sends: an object or a string. Never quoted: it may hold a secret. */
export const body = z.any().transform((value, ctx): JsonObject | string => {
  if (isObject(value) && Object.keys(value).length > 0) {
    return value as JsonObject;
  }
  if (typeof value === 'string' && value.trim() !== '') {
    return value;
  }
  const message =
    isObject(value) || typeof value === 'string'
      ? `is present and empty; for an empty object write '{}'`
      : 'must be a map of keys and values or a string';
  ctx.addIssue({ code: 'custom', message });
  return z.NEVER;
});
