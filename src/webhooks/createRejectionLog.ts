import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import { audit } from './audit';
import type { Rejection } from './authenticate';
import { describeRejection } from './describeRejection';
import type { WebhookTracker } from './sender';
import { createThrottle } from './throttle';

/** How often failures to verify are looked into and told, for each sender. */
const INTERVAL_MS = 1_000;

/** All unknown senders share a key: their names are the caller's to make up. */
const UNKNOWN = '';

export interface RejectionLogOptions {
  auditor: AuditorService;
  logger: LoggerService;
  tracker: Pick<WebhookTracker, 'rejected'>;
  now: () => Date;
}

/**
 * Counts each request that was not verified, and once in a while tells why,
 * without anything that the caller sent. To be called when it is answered.
 */
export function createRejectionLog(
  options: RejectionLogOptions,
): (rejection: Rejection) => void {
  const { tracker, now } = options;
  const looks = createThrottle({ intervalMs: INTERVAL_MS, now });
  const lines = createThrottle({ intervalMs: INTERVAL_MS, now });
  return rejection => {
    const { sender, code, key } = rejection;
    // Of strangers nothing is found: it takes as long as it does for a sender.
    const look = looks.pass(key) !== undefined;
    const heldBack = lines.pass(sender ?? UNKNOWN);
    if (!look && heldBack === undefined) {
      tracker.rejected({ sender, code });
      return;
    }
    // Not before the answer has left.
    setImmediate(() => {
      const found = (look && rejection.findMistake()) || code;
      tracker.rejected({ sender, code: found });
      if (heldBack !== undefined) {
        const told = { ...rejection, code: found };
        tell({ ...options, rejection: told, heldBack });
      }
    });
  };
}

function tell(
  options: RejectionLogOptions & { rejection: Rejection; heldBack: number },
): void {
  const { auditor, logger, rejection, heldBack } = options;
  const { sender, code } = rejection;
  const whose = sender ? `of sender '${sender}'` : 'of an unknown sender';
  const more = heldBack > 0 ? `, ${heldBack} more since the last line` : '';
  const text = describeRejection(rejection);
  logger.warn(`Refused a webhook ${whose}: ${text}${more}`);
  audit({
    auditor,
    logger,
    eventId: 'webhook-verify',
    meta: {
      ...(sender !== undefined && { sender }),
      code,
      ...(heldBack > 0 && { heldBack }),
    },
    error: new AuthenticationError(`The webhook was not verified: ${text}`),
  });
}
