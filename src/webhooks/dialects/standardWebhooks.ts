import { isObject } from '../../lib/values';
import type { Format } from './payload';

/**
 * The plain payload, or the payload in the envelope of Standard Webhooks,
 * `{ type, timestamp, data }`. The plain payload has neither `type` nor `data`.
 */
export const standardWebhooksFormat: Format = value => {
  if (
    !isObject(value) ||
    'event' in value ||
    !('type' in value || 'data' in value)
  ) {
    return { type: 'payload', value };
  }
  const { type, timestamp, data } = value;
  const time = timestamp === undefined ? {} : { time: timestamp };
  const names: Record<string, string> = {
    event: 'type',
    ...(timestamp !== undefined && { time: 'timestamp' }),
  };
  return {
    type: 'payload',
    value: { ...(isObject(data) && data), event: type, ...time },
    nameOf: path => names[path] ?? `data.${path}`,
  };
};
