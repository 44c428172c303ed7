import type { LoggerService } from '@backstage/backend-plugin-api';
import type express from 'express';
import { describeError } from './describeError';
import { BodyConsumedError, MAX_BODY_BYTES } from './readBody';
import { respondWithError } from './respond';
import { createThrottle } from './throttle';

/** How often failures of ours are logged: whoever can reach the route can cause them. */
const INTERVAL_MS = 1_000;

const CLIENT_ERRORS: Record<number, { name: string; message: string }> = {
  400: { name: 'InputError', message: 'The request could not be read' },
  413: {
    name: 'PayloadTooLargeError',
    message: `The body has more than ${MAX_BODY_BYTES} bytes`,
  },
  415: {
    name: 'UnsupportedMediaTypeError',
    message: 'The body must not be compressed: what is signed is what is sent',
  },
};

/** Answers requests that failed before or beside their verification. */
export function createErrorHandler(options: {
  logger: LoggerService;
  now: () => Date;
}): express.ErrorRequestHandler {
  const { logger, now } = options;
  const throttle = createThrottle({ intervalMs: INTERVAL_MS, now });
  return (error, _req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const status = clientErrorStatus(error);
    if (status !== undefined) {
      respondWithError(res, { status, ...CLIENT_ERRORS[status] });
      return;
    }
    if (throttle.pass('') !== undefined) {
      logger.error(`A webhook failed: ${describeError(error)}`);
    }
    respondWithError(res, { status: 500, ...serverError(error) });
  };
}

function clientErrorStatus(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' && status in CLIENT_ERRORS
    ? status
    : undefined;
}

function serverError(error: unknown): { name: string; message: string } {
  return error instanceof BodyConsumedError
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: 'The delivery could not be received' };
}
