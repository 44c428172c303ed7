import type { LoggerService } from '@backstage/backend-plugin-api';
import { attemptsOf } from './afterFailure';
import type { Delivery, DeliveryTracker, Settlement } from './delivery';

/** Tells how settling a delivery ended; a word to the log only where it failed. */
export function reportSettled(options: {
  delivery: Delivery | undefined;
  settlement: Settlement;
  tracker: DeliveryTracker;
  logger: LoggerService;
  now: () => Date;
}): void {
  const { delivery, settlement, tracker, logger, now } = options;
  if (!delivery) {
    return;
  }
  const { id, sender } = delivery;
  const { state, reason, retryAt } = settlement;
  // Of one that is delivered again its first receipt says nothing.
  const ageMs = now().getTime() - delivery.queuedAt.getTime();
  tracker.settled({ sender, state, ageMs: Math.max(0, ageMs) });
  const attempts = attemptsOf(delivery);
  if (state === 'failed') {
    logger.info(
      `Delivery '${id}' failed on attempt ${attempts}, next at ${retryAt?.toISOString()}: ${reason}`,
    );
  } else if (state === 'dead') {
    logger.error(
      `Delivery '${id}' of sender '${sender}' is given up after ${attempts} attempts: ${reason}`,
    );
  }
}
