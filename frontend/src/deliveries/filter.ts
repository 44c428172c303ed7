import type { Delivery } from '../api/types';

export const STATES = [
  'pending',
  'held',
  'failed',
  'dead',
  'unmatched',
  'superseded',
  'ignored',
  'done',
] as const satisfies Delivery['state'][];

/** Each is a key of the URL and a parameter of the API. */
const TEXT_KEYS = ['sender', 'service', 'environment', 'target'] as const;
const TIME_KEYS = ['since', 'until'] as const;
export const FILTER_KEYS = ['state', ...TEXT_KEYS, ...TIME_KEYS] as const;

export type DeliveryFilter = Partial<
  Record<(typeof FILTER_KEYS)[number], string>
> & { state?: Delivery['state'] };

/** The filter in the URL; the backend says what is wrong with it. */
export function readFilter(
  get: (key: string) => string | undefined,
): DeliveryFilter {
  return Object.fromEntries(
    FILTER_KEYS.map(key => [key, get(key)]).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
