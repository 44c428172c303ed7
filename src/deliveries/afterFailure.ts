import { backoffDelay } from '../lib/backoff';
import { RetryLaterError } from '../lib/errors';
import type { Delivery, Outcome } from './delivery';
import { describeError } from './describeError';

const BACKOFF = { initialMs: 1_000, maxMs: 2 * 3_600_000 };

/** How long a delivery is tried, unless there were fewer attempts than this, as after an outage of ours. */
const MAX_AGE_MS = 24 * 3_600_000;
const MIN_ATTEMPTS = 5;

/** A limit that does not depend on the clock. */
const MAX_ATTEMPTS = 1000;

/** How many attempts may end with their process. */
const MAX_LOST = 60;

/** A delivery that has to wait is tried again after half of its age, and after this at the latest. */
const MAX_WAIT_MS = 30_000;

/** How many attempts were begun since a delivery arrived, or was last delivered again. */
export function attemptsOf(
  delivery: Pick<Delivery, 'attempts' | 'attemptsBefore'>,
): number {
  return delivery.attempts - delivery.attemptsBefore;
}

/** The outcome of an attempt that failed: another one later, or none. */
export function afterFailure(options: {
  delivery: Pick<Delivery, 'attempts' | 'attemptsBefore' | 'queuedAt'>;
  error: unknown;
  now: Date;
  /** A number from 0 to 1, for the jitter. */
  random: () => number;
}): Outcome {
  const { delivery, error, now, random } = options;
  const attempts = attemptsOf(delivery);
  const reason = describeError(error);
  const ageMs = now.getTime() - delivery.queuedAt.getTime();
  const isOld = ageMs >= MAX_AGE_MS && attempts >= MIN_ATTEMPTS;
  // A wait is not a failure.
  const hasWaited = error instanceof RetryLaterError;
  if (isOld || (attempts >= MAX_ATTEMPTS && !hasWaited)) {
    return { state: 'dead', reason };
  }
  if (hasWaited && error.retryAt && error.retryAt > now) {
    const waitMs = Math.min(ageMs / 2, MAX_WAIT_MS);
    const retryAt = Math.max(error.retryAt.getTime(), now.getTime() + waitMs);
    return { state: 'failed', reason, retryAt: new Date(retryAt) };
  }
  const delayMs = backoffDelay({
    failures: Math.min(attempts, maxFailuresIn(ageMs)),
    backoff: BACKOFF,
    random,
  });
  return {
    state: 'failed',
    reason,
    retryAt: new Date(now.getTime() + delayMs),
  };
}

/** How many failures fit into that time. Attempts that only waited can be more. */
function maxFailuresIn(ageMs: number): number {
  return 2 + Math.floor(Math.log2(1 + Math.max(0, ageMs) / 1000));
}

/**
 * The outcome of a delivery before another attempt: given up where so many
 * attempts were lost that it may be what ends the processes.
 */
export function afterLosses({
  attemptsLost = 0,
}: Pick<Delivery, 'attemptsLost'>): Outcome | undefined {
  return attemptsLost >= MAX_LOST
    ? {
        state: 'dead',
        reason: `${attemptsLost} attempts were not completed; see whether the backend stops while it processes this delivery`,
      }
    : undefined;
}
