/*
 * The route that takes deployment webhooks. It is open to the internet.
 *
 * 1. The path names a sender. The request is held to the limits of the address
 *    that it comes from, which are the same whatever it names.
 * 2. Its bytes are read, then their signature is verified. Only then does
 *    anything look into them, and only then do the sender's own limits count.
 * 3. The delivery is stored. The answer is 202 once that is committed, or 200
 *    with the first id for a repeat. What a delivery does is the delivery
 *    worker's business.
 *
 * Every request that is not verified gets the same answer, at the same number
 * of HMACs: unknown senders, wrong networks and wrong signatures take the same
 * way. The answer is sent from here, since the error handler of the backend
 * would add the request's URL to it.
 */
import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type {
  ErrorRequestHandler,
  Request,
  RequestHandler,
  Response,
  Router,
} from 'express';
import PromiseRouter from 'express-promise-router';
import type { IncomingMessage } from 'node:http';
import type { SenderSettings } from '../config/sender';
import type { WebhookTracker } from '../metrics/webhooks';
import { RefusalLog } from './RefusalLog';
import {
  type Answer,
  errorAnswer,
  NOT_POSTED,
  respond,
  TOO_MANY_AT_ONCE,
  tooManyInWindow,
  UNVERIFIED,
} from './answers';
import { createAuthenticator } from './authenticate';
import { type Caller, createCallerFinder } from './callers';
import type { AddedDialects } from './dialects/createDialect';
import { headerValuesOf } from './headers';
import { type Release, UnverifiedLimits } from './limits';
import { BodyConsumedError, type BodyReading, readBody } from './readBody';
import { receive, type ReceiverOptions } from './receive';
import type { LimitCode } from './rejections';

/**
 * Path of the route, under the catalog's own. A parameter for the sender would
 * be decoded by Express, and where that fails, the answer would not be ours.
 */
const WEBHOOK_PATH = /^\/custom-data\/webhooks\/[^/]+\/?$/i;

/** How long a body of up to a megabyte may take to arrive. A larger one gets as much more. */
const BODY_DEADLINE_MS = 30_000;
const MEGABYTE = 1_000_000;

export interface WebhookRouterOptions extends Omit<ReceiverOptions, 'log'> {
  senders: SenderSettings[];
  /** The formats that other modules have added, by name. */
  addedDialects?: AddedDialects;
  auditor: AuditorService;
  logger: LoggerService;
  tracker: WebhookTracker;
  /** How long a body of up to a megabyte may take to arrive; 30 seconds by default. */
  bodyDeadlineMs?: number;
}

/** Creates the route. */
export function createWebhookRouter(options: WebhookRouterOptions): Router {
  const log = new RefusalLog(options);
  const router = PromiseRouter();
  router.post(WEBHOOK_PATH, createHandler({ ...options, log }));
  router.all(WEBHOOK_PATH, (req, res) => {
    res.set('Allow', 'POST');
    refuse(req, res, NOT_POSTED);
  });
  router.use(WEBHOOK_PATH, createErrorHandler(log));
  return router;
}

function createHandler(
  options: WebhookRouterOptions & { log: RefusalLog },
): RequestHandler {
  const { log } = options;
  const findCaller = createCallerFinder(options);
  const authenticate = createAuthenticator({
    ...options,
    onRead: issuer => log.issuerRead(issuer),
    onFailed: (issuer, error) => log.issuerFailed(issuer, error),
  });
  const limits = new UnverifiedLimits(options.senders);

  return async (req, res) => {
    const caller = findCaller(req, senderIn(req.path));
    const { address, fault, limitKey } = caller;
    const refuseLimited = ({ code, answer }: Limited) => {
      refuse(req, res, answer);
      const sender = fault ? fault.sender : caller.sender.name;
      log.limited({ code, sender, address });
    };
    const reading = await readLimited(req, { ...options, limitKey, limits });
    if (reading.type === 'limited') {
      refuseLimited(reading);
      return;
    }
    if (reading.type === 'refused') {
      refuse(req, res, reading.answer);
    }
    if (reading.type !== 'read') {
      await limits.rate.count(limitKey);
      return;
    }
    const { body, release } = reading;
    const headers = headerValuesOf(req.rawHeaders);
    // An issuer may have to be asked, and the body is held meanwhile.
    const result = await authenticate({ caller, headers, body }).finally(
      release,
    );
    if (result.type === 'rejected') {
      await limits.rate.count(limitKey);
      respond(res, UNVERIFIED);
      log.rejected({ ...result.rejection, address });
      return;
    }
    const work = await beginWork(caller);
    if (work.type === 'limited') {
      refuseLimited(work);
      return;
    }
    await receive(options, {
      req,
      res,
      headers,
      body,
      address,
      ...result,
    }).finally(work.release);
  };
}

/** The last part of a path, decoded. */
function senderIn(path: string): string {
  const end = path.endsWith('/') ? path.length - 1 : path.length;
  const name = path.slice(path.lastIndexOf('/', end - 1) + 1, end);
  try {
    return decodeURIComponent(name);
  } catch {
    // No sender has such a name.
    return name;
  }
}

/** A request is one too many. */
interface Limited {
  type: 'limited';
  code: LimitCode;
  answer: Answer;
}

type LimitedReading =
  /** The body counts until it is released. */
  | (Extract<BodyReading, { type: 'read' }> & { release: Release })
  | Extract<BodyReading, { type: 'refused' | 'gone' }>
  | Limited;

/** Reads a body within the limits of the address that it comes from. */
async function readLimited(
  req: Request,
  options: Pick<WebhookRouterOptions, 'bodyDeadlineMs'> & {
    limitKey: string;
    limits: UnverifiedLimits;
  },
): Promise<LimitedReading> {
  const { bodyDeadlineMs = BODY_DEADLINE_MS, limitKey, limits } = options;
  const { maxBodyBytes } = limits;
  const retryAfter = await limits.rate.check(limitKey);
  if (retryAfter !== undefined) {
    return tooOften('unverified-requests', retryAfter);
  }
  const permit = limits.acquireBody(limitKey);
  if (!permit) {
    return tooManyAtOnce('unverified-bodies');
  }
  const { release } = permit;
  const reading = await readBody(req, {
    maxBytes: maxBodyBytes,
    deadlineMs: bodyDeadlineMs * Math.max(1, maxBodyBytes / MEGABYTE),
    take: permit.take,
  }).catch(error => {
    release();
    throw error;
  });
  if (reading.type === 'read') {
    return { ...reading, release };
  }
  release();
  return reading.type === 'no-room'
    ? tooManyAtOnce('unverified-bodies')
    : reading;
}

/** Begins to work on a verified request, within the limits of its sender. */
async function beginWork({
  sender,
  rate,
  work,
  limitKey,
}: Caller): Promise<{ type: 'begun'; release: Release } | Limited> {
  const retryAfter = await rate.count(limitKey);
  if (retryAfter !== undefined) {
    return tooOften('rate-limit', retryAfter);
  }
  const release = work.acquire(sender.name);
  return release ? { type: 'begun', release } : tooManyAtOnce('concurrency');
}

function tooOften(code: LimitCode, retryAfter: number): Limited {
  return { type: 'limited', code, answer: tooManyInWindow(retryAfter) };
}

function tooManyAtOnce(code: LimitCode): Limited {
  return { type: 'limited', code, answer: TOO_MANY_AT_ONCE };
}

/** Answers requests that failed for a reason of ours. */
function createErrorHandler(log: RefusalLog): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    log.failed(error);
    const { name, message } =
      error instanceof BodyConsumedError
        ? error
        : { name: 'Error', message: 'The delivery could not be received' };
    refuse(req, res, errorAnswer({ status: 500, name, message }));
  };
}

/** How long a caller may go on sending what nobody reads. */
const LINGER_MS = 2_000;

/**
 * Answers before the body was read, and discards the rest of it. A connection
 * that is closed at once may lose the answer before it is read. One that stays
 * open would take in everything that the caller cares to send.
 */
function refuse(req: IncomingMessage, res: Response, answer: Answer): void {
  respond(res, answer);
  if (req.closed) {
    return;
  }
  const timer = setTimeout(() => req.socket.destroy(), LINGER_MS).unref();
  req.once('close', () => clearTimeout(timer));
  req.resume();
}
