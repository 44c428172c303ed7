import { backoffDelay } from '../model/backoff';
import type { Delivery } from '../model/delivery';
import { RetryLaterError } from '../model/errors';

const BACKOFF = { initialMs: 1_000, maxMs: 15 * 60_000 };

/** How often settling is tried at most. */
export const MAX_ATTEMPTS = 20;

/** How old a delivery gets at most, unless it was hardly tried, as after an outage of ours. */
export const MAX_AGE_MS = 24 * 3_600_000;
const MIN_ATTEMPTS = 5;

/** What becomes of a delivery whose settling failed. */
export function afterFailure(options: {
  delivery: Pick<Delivery, 'attempts' | 'receivedAt'>;
  error: unknown;
  now: Date;
  random: () => number;
}): { type: 'retry'; at: Date } | { type: 'give-up' } {
  const { delivery, error, now, random } = options;
  const { attempts } = delivery;
  const ageMs = now.getTime() - delivery.receivedAt.getTime();
  const old = ageMs >= MAX_AGE_MS && attempts >= MIN_ATTEMPTS;
  // Having had to wait says nothing against the delivery.
  const waited = error instanceof RetryLaterError;
  if (old || (attempts >= MAX_ATTEMPTS && !waited)) {
    return { type: 'give-up' };
  }
  if (
    error instanceof RetryLaterError &&
    error.retryAt &&
    error.retryAt > now
  ) {
    return { type: 'retry', at: error.retryAt };
  }
  const delayMs = backoffDelay({
    failures: attempts,
    backoff: BACKOFF,
    random,
  });
  return { type: 'retry', at: new Date(now.getTime() + delayMs) };
}
