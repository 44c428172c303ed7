import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import { describeError } from '../deliveries/describeError';

/**
 * Has it audited that a webhook was refused. Without the request, which would
 * bring in what the caller sent, and throws on some of it; and nobody waits.
 */
export function audit(options: {
  auditor: AuditorService;
  logger: LoggerService;
  eventId: string;
  meta: JsonObject;
  error: Error;
}): void {
  const { auditor, logger, eventId, meta, error } = options;
  auditor
    .createEvent({ eventId, severityLevel: 'medium', meta })
    .then(event => event.fail({ error }))
    .catch(cause =>
      logger.error(
        `The audit event '${eventId}' could not be written: ${describeError(
          cause,
        )}`,
      ),
    );
}
