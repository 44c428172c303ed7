/*
 * The route that takes deployment webhooks.
 *
 * It is open to the internet. So a request is held to its sender's network and
 * limits first, then its bytes are read, then their signature is verified, and
 * only then does anybody look into them. What is understood is stored, and
 * answered 202 once that is committed; what a delivery does is the delivery
 * worker's business.
 *
 * All requests that are not verified get one answer, sent from here: the error
 * handler of the backend would add the request's URL to it. Unknown senders
 * and those from a wrong network take the same way to it as everybody else.
 */
import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type express from 'express';
import Router from 'express-promise-router';
import type { WebhookTracker } from '../model/sender';
import { createAuthenticator } from './authenticate';
import { createEntrances, type Arrival } from './createEntrances';
import { createErrorHandler } from './createErrorHandler';
import { createReceiver, type ReceiverOptions } from './createReceiver';
import { createRefusalLog } from './createRefusalLog';
import { createRejectionLog } from './createRejectionLog';
import { discardRest } from './discardRest';
import { headerValuesOf } from './dialects/readHeaders';
import { readBody } from './readBody';
import {
  prepareError,
  respond,
  respondWithError,
  type ErrorAnswer,
} from './respond';

/** Path of the route, under the catalog's own. */
export const WEBHOOK_PATH = '/custom-data/webhooks/:sender';

/** How long a body may take to arrive: until then it holds one of its sender's places. */
const BODY_DEADLINE_MS = 30_000;

export interface WebhookRouterOptions
  extends Omit<ReceiverOptions, 'refusals' | 'tracker'> {
  auditor: AuditorService;
  logger: LoggerService;
  tracker: Omit<WebhookTracker, 'settled'>;
  now: () => Date;
  /** How long a body may take to arrive; 30 seconds by default. */
  bodyDeadlineMs?: number;
}

/** Creates the route; everything that it waits for, it waits for in a request. */
export function createWebhookRouter(
  options: WebhookRouterOptions,
): express.Router {
  const router = Router();
  router.post(WEBHOOK_PATH, createHandler(options));
  router.all(WEBHOOK_PATH, (req, res) => {
    res.set('Allow', 'POST');
    refuse(req, res, {
      status: 405,
      name: 'MethodNotAllowedError',
      message: 'Deployment webhooks are posted',
    });
  });
  router.use(WEBHOOK_PATH, createErrorHandler(options));
  return router;
}

const UNVERIFIED = prepareError({
  status: 401,
  name: 'AuthenticationError',
  message: 'The signature of the request could not be verified',
});

function createHandler(options: WebhookRouterOptions): express.RequestHandler {
  const { bodyDeadlineMs = BODY_DEADLINE_MS, tracker } = options;
  const arrivalOf = createEntrances(options);
  const authenticate = createAuthenticator(options);
  const logRejection = createRejectionLog(options);
  const refusals = createRefusalLog(options);
  const receive = createReceiver({ ...options, refusals });

  return async (req, res) => {
    // Hung up while something in front of the route had it: it would never give its place back.
    if (res.destroyed) {
      return;
    }
    const arrival = arrivalOf(req, req.params.sender);
    const { dialect, maxBodyBytes } = arrival.entrance;
    const limited = await findLimit({ arrival, res, tracker });
    if (limited) {
      refuse(req, res, limited);
      return;
    }
    const reading = await readBody(req, {
      maxBytes: maxBodyBytes,
      deadlineMs: bodyDeadlineMs,
    });
    if (reading.type === 'refused') {
      refuse(req, res, reading.answer);
    }
    if (reading.type !== 'read') {
      return;
    }
    const { body } = reading;
    const headers = headerValuesOf(req.rawHeaders);
    const result = authenticate({ arrival, headers, body });
    if (result.type === 'rejected') {
      respond(res, UNVERIFIED);
      logRejection(result.rejection);
      return;
    }
    const { sender, secretId, delivery } = result;
    await receive({ req, res, body, sender, secretId, delivery, dialect });
  };
}

/** The answer to a request that is one too many; any other takes its place among those that are worked on. */
async function findLimit(options: {
  arrival: Arrival;
  res: express.Response;
  tracker: Pick<WebhookTracker, 'limited'>;
}): Promise<ErrorAnswer | undefined> {
  const { arrival, res, tracker } = options;
  const { rate, places, sender } = arrival.entrance;
  const waitS = await rate.count(arrival.addressKey);
  if (waitS !== undefined) {
    tracker.limited({ sender: sender?.name, limit: 'rate' });
    return tooMany('Too many requests in a time, send it again later', waitS);
  }
  if (!places.take(res)) {
    tracker.limited({ sender: sender?.name, limit: 'concurrency' });
    return tooMany('Too many requests at once, send it again later', 1);
  }
  return undefined;
}

function tooMany(message: string, retryAfter: number): ErrorAnswer {
  return { status: 429, name: 'TooManyRequestsError', message, retryAfter };
}

/** Answers before the body was read. */
function refuse(
  req: express.Request,
  res: express.Response,
  answer: ErrorAnswer,
): void {
  respondWithError(res, answer);
  discardRest(req);
}
