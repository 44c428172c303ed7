import { backoffDelay } from '../lib/backoff';
import { RetryLaterError } from '../lib/errors';
import type { Delivery, Settlement } from './delivery';
import { describeError } from './describeError';

const BACKOFF = { initialMs: 1_000, maxMs: 2 * 3_600_000 };

/** How long a delivery is tried at most, unless it was hardly tried, as after an outage of ours. */
const MAX_AGE_MS = 24 * 3_600_000;
const MIN_ATTEMPTS = 5;

/** More than come together in that time, waits included: it holds where a clock does not. */
const MAX_ATTEMPTS = 1000;

/** How many may end with their process. */
const MAX_LOST = 60;

/** What had to wait is tried again after half of its age, and after this at the latest. */
const MAX_WAIT_MS = 30_000;

/** How often settling was begun since a delivery came, or was last delivered again. */
export function attemptsOf(
  delivery: Pick<Delivery, 'attempts' | 'attemptsBefore'>,
): number {
  return delivery.attempts - delivery.attemptsBefore;
}

/** What becomes of a delivery whose settling failed. */
export function afterFailure(options: {
  delivery: Pick<Delivery, 'attempts' | 'attemptsBefore' | 'queuedAt'>;
  error: unknown;
  now: Date;
  random: () => number;
}): Settlement {
  const { delivery, error, now, random } = options;
  const attempts = attemptsOf(delivery);
  const reason = describeError(error);
  const ageMs = now.getTime() - delivery.queuedAt.getTime();
  const old = ageMs >= MAX_AGE_MS && attempts >= MIN_ATTEMPTS;
  // Having had to wait says nothing against the delivery.
  const waited = error instanceof RetryLaterError;
  if (old || (attempts >= MAX_ATTEMPTS && !waited)) {
    return { state: 'dead', reason };
  }
  if (waited && error.retryAt && error.retryAt > now) {
    const waitMs = Math.min(ageMs / 2, MAX_WAIT_MS);
    const retryAt = Math.max(error.retryAt.getTime(), now.getTime() + waitMs);
    return { state: 'failed', reason, retryAt: new Date(retryAt) };
  }
  const delayMs = backoffDelay({
    failures: Math.min(attempts, failuresIn(ageMs)),
    backoff: BACKOFF,
    random,
  });
  return {
    state: 'failed',
    reason,
    retryAt: new Date(now.getTime() + delayMs),
  };
}

/** How many failures come together in that time: attempts that only had to wait are no more than that. */
function failuresIn(ageMs: number): number {
  return 2 + Math.floor(Math.log2(1 + Math.max(0, ageMs) / 1000));
}

/**
 * What becomes of a delivery that is taken up again: given up where so many of
 * its attempts were lost that it may be what ends the processes that settle it.
 */
export function afterLosses({
  attemptsLost = 0,
}: Pick<Delivery, 'attemptsLost'>): Settlement | undefined {
  return attemptsLost >= MAX_LOST
    ? {
        state: 'dead',
        reason: `Of ${attemptsLost} attempts nothing more was heard; see whether the backend ended while it was settled`,
      }
    : undefined;
}
