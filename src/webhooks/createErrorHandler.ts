import type { LoggerService } from '@backstage/backend-plugin-api';
import type express from 'express';
import { describeError } from '../deliveries/describeError';
import { discardRest } from './discardRest';
import { BodyConsumedError } from './readBody';
import { respondWithError } from './respond';
import { createThrottle } from './throttle';

/** How often failures of ours are logged: whoever can reach the route can cause them. */
const INTERVAL_MS = 1_000;

/** Answers requests that failed for a reason of ours. */
export function createErrorHandler(options: {
  logger: LoggerService;
  now: () => Date;
}): express.ErrorRequestHandler {
  const { logger, now } = options;
  const throttle = createThrottle({ intervalMs: INTERVAL_MS, now });
  return (error, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    if (throttle.pass('') !== undefined) {
      logger.error(`A webhook failed: ${describeError(error)}`);
    }
    respondWithError(res, { status: 500, ...serverError(error) });
    discardRest(req);
  };
}

function serverError(error: unknown): { name: string; message: string } {
  return error instanceof BodyConsumedError
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: 'The delivery could not be received' };
}
