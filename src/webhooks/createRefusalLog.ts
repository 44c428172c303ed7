import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import { describeError } from '../deliveries/describeError';
import { audit } from './audit';
import type { RefusalCode, WebhookTracker } from './sender';
import { createThrottle } from './throttle';

/** How often failures to store are logged, for each sender. */
const INTERVAL_MS = 1_000;

/** Tells of requests that were verified and yet not taken, without their payload. */
export interface RefusalLog {
  /** For what only its sender has to know. */
  refused(options: { sender: string; code: RefusalCode }): void;
  outOfScope(options: {
    sender: string;
    secretId: string;
    code: RefusalCode;
  }): void;
  notStored(options: { sender: string; error: unknown }): void;
}

export function createRefusalLog(options: {
  auditor: AuditorService;
  logger: LoggerService;
  tracker: Pick<WebhookTracker, 'refused'>;
  now: () => Date;
}): RefusalLog {
  const { auditor, logger, tracker, now } = options;
  const throttle = createThrottle({ intervalMs: INTERVAL_MS, now });
  return {
    refused: refusal => tracker.refused(refusal),
    outOfScope: ({ sender, secretId, code }) => {
      tracker.refused({ sender, code });
      audit({
        auditor,
        logger,
        eventId: 'webhook-scope',
        meta: { sender, secretId, code },
        error: new NotAllowedError(
          `Sender '${sender}' told of something that it was not given: ${code}`,
        ),
      });
    },
    notStored: ({ sender, error }) => {
      tracker.refused({ sender, code: 'not-stored' });
      const heldBack = throttle.pass(sender);
      if (heldBack === undefined) {
        return;
      }
      const more = heldBack > 0 ? `, ${heldBack} more since the last line` : '';
      logger.error(
        `A delivery of webhook sender '${sender}' could not be stored: ${describeError(
          error,
        )}${more}`,
      );
    },
  };
}
