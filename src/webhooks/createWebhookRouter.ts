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
import { createAuthenticator } from './authenticate';
import { type Arrival, createEntrances } from './createEntrances';
import { createErrorHandler } from './createErrorHandler';
import { createReceiver, type ReceiverOptions } from './createReceiver';
import { createRefusalLog } from './createRefusalLog';
import { createRejectionLog } from './createRejectionLog';
import { headerValuesOf } from './dialects/readHeaders';
import { discardRest } from './discardRest';
import { readBody, TOO_MANY_AT_ONCE } from './readBody';
import {
  type ErrorAnswer,
  prepareError,
  respond,
  respondWithError,
} from './respond';
import type { WebhookTracker } from './sender';
import { type RequestPlace, takePlace } from './takePlace';

/**
 * Path of the route, under the catalog's own. A parameter for the sender would
 * be decoded by Express, and where it cannot be, the answer would not be ours.
 */
const WEBHOOK_PATH = /^\/custom-data\/webhooks\/[^/]+\/?$/i;

/** How long a body of up to a megabyte may take to arrive; one of more has as much more. */
const BODY_DEADLINE_MS = 30_000;
const MEGABYTE = 1_000_000;

export interface WebhookRouterOptions
  extends Omit<ReceiverOptions, 'refusals' | 'tracker'> {
  auditor: AuditorService;
  logger: LoggerService;
  tracker: WebhookTracker;
  now: () => Date;
  /** How long a body of up to a megabyte may take to arrive; 30 seconds by default. */
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

const TOO_MANY_IN_A_TIME = {
  status: 429,
  name: 'TooManyRequestsError',
  message: 'Too many requests in a time, send it again later',
};

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
    const arrival = arrivalOf(req, senderOf(req.path));
    const { dialect, maxBodyBytes } = arrival.entrance;
    const admission = await admit({ arrival, res, tracker });
    if (admission.type === 'refused') {
      refuse(req, res, admission.answer);
      return;
    }
    const { place } = admission;
    const reading = await readBody(req, {
      maxBytes: maxBodyBytes,
      deadlineMs: bodyDeadlineMs * Math.max(1, maxBodyBytes / MEGABYTE),
      place,
    });
    if (reading.type === 'refused') {
      if (place.lost) {
        countLimited({ arrival, tracker }, 'concurrency');
      }
      refuse(req, res, reading.answer);
    }
    if (reading.type !== 'read') {
      return;
    }
    place.bodyArrived();
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

function senderOf(path: string): string {
  const end = path.endsWith('/') ? path.length - 1 : path.length;
  const name = path.slice(path.lastIndexOf('/', end - 1) + 1, end);
  try {
    return decodeURIComponent(name);
  } catch {
    // No sender has such a name.
    return name;
  }
}

type Admission =
  | { type: 'admitted'; place: RequestPlace }
  | { type: 'refused'; answer: ErrorAnswer };

interface Arriving {
  arrival: Arrival;
  tracker: Pick<WebhookTracker, 'limited'>;
}

/** Refuses a request that is one too many; any other takes its place among those that are worked on. */
async function admit(
  options: Arriving & { res: express.Response },
): Promise<Admission> {
  const { rate } = options.arrival.entrance;
  const retryAfter = await rate.count(options.arrival.addressKey);
  if (retryAfter !== undefined) {
    countLimited(options, 'rate');
    return { type: 'refused', answer: { ...TOO_MANY_IN_A_TIME, retryAfter } };
  }
  const place = takePlace(options);
  if (!place) {
    countLimited(options, 'concurrency');
    return { type: 'refused', answer: TOO_MANY_AT_ONCE };
  }
  return { type: 'admitted', place };
}

function countLimited(
  { arrival, tracker }: Arriving,
  limit: 'rate' | 'concurrency',
): void {
  tracker.limited({ sender: arrival.entrance.sender?.name, limit });
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
