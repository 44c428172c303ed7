import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Authentication } from './authenticate';
import { createThrottle } from './throttle';

/** How often failures to verify are logged, for each sender. */
const INTERVAL_MS = 1_000;

/** All unknown senders share a key: their names are the caller's to make up. */
const UNKNOWN = '';

/** Logs why requests were refused, without anything that the caller sent. */
export function createRejectionLog(options: {
  logger: LoggerService;
  now: () => Date;
}): (rejection: Extract<Authentication, { type: 'rejected' }>) => void {
  const { logger, now } = options;
  const throttle = createThrottle({ intervalMs: INTERVAL_MS, now });
  return ({ sender, code }) => {
    const heldBack = throttle.pass(sender ?? UNKNOWN);
    if (heldBack === undefined) {
      return;
    }
    const whose = sender ? `of sender '${sender}'` : 'of an unknown sender';
    const more = heldBack > 0 ? `, ${heldBack} more since the last line` : '';
    logger.warn(`Refused a webhook ${whose}: ${code}${more}`);
  };
}
