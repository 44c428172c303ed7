/*
 * The route that takes deployment webhooks.
 *
 * It reads the bytes, verifies their signature, and only then looks into them;
 * what it understands it stores, and answers 202 once that is committed. What
 * a delivery does is the delivery worker's business.
 *
 * All requests whose signature does not hold get one answer, sent from here:
 * the error handler of the backend would add the request's URL to it.
 */
import type { LoggerService } from '@backstage/backend-plugin-api';
import type express from 'express';
import Router from 'express-promise-router';
import { createHash } from 'node:crypto';
import type { DeliveryStore } from '../model/delivery';
import type { SenderSettings } from '../model/settings';
import { createAuthenticator } from './authenticate';
import { createErrorHandler } from './createErrorHandler';
import { createRejectionLog } from './createRejectionLog';
import { describeError } from './describeError';
import type { Dialect } from './dialects/catalog';
import { createDialect } from './dialects/createDialect';
import { readExternalId } from './externalId';
import { bodyOf, readRawBody, requireUnreadBody } from './readBody';
import { respondWithError } from './respond';

/** Path of the route, under the catalog's own. */
export const WEBHOOK_PATH = '/custom-data/webhooks/:sender';

/** When a caller should try again after its delivery could not be stored, in seconds. */
const RETRY_AFTER_S = 5;

export interface WebhookRouterOptions {
  senders: SenderSettings[];
  deliveries: DeliveryStore;
  logger: LoggerService;
  now: () => Date;
  /** Called after each delivery that was stored. */
  onAccepted?: () => void;
}

/** Creates the route; everything that it waits for, it waits for in a request. */
export function createWebhookRouter(
  options: WebhookRouterOptions,
): express.Router {
  const router = Router();
  router.post(
    WEBHOOK_PATH,
    requireUnreadBody,
    readRawBody,
    createReceiver(options),
  );
  router.all(WEBHOOK_PATH, (_req, res) => {
    res.set('Allow', 'POST');
    respondWithError(res, {
      status: 405,
      name: 'MethodNotAllowedError',
      message: 'Deployment webhooks are posted',
    });
  });
  router.use(WEBHOOK_PATH, createErrorHandler(options));
  return router;
}

function createReceiver(options: WebhookRouterOptions): express.RequestHandler {
  const { senders, now } = options;
  const authenticate = createAuthenticator(senders);
  const logRejection = createRejectionLog(options);
  const dialects = new Map(
    senders.map(sender => [sender.name, createDialect(sender, now)]),
  );

  return async (req, res) => {
    const body = bodyOf(req);
    const result = authenticate({ req, sender: req.params.sender, body });
    if (result.type === 'rejected') {
      logRejection(result);
      respondWithError(res, {
        status: 401,
        name: 'AuthenticationError',
        message: 'The signature of the request could not be verified',
      });
      return;
    }
    const dialect = dialects.get(result.sender.name)!;
    await receive({ ...options, ...result, req, res, body, dialect });
  };
}

async function receive(
  options: WebhookRouterOptions & {
    req: express.Request;
    res: express.Response;
    body: Buffer;
    sender: SenderSettings;
    secretId: string;
    dialect: Dialect;
  },
): Promise<void> {
  const { req, res, body, sender, secretId, dialect } = options;
  const externalId = readExternalId(req);
  const parsed = dialect(body);
  if (externalId.type === 'invalid' || parsed.type === 'invalid') {
    const message = [externalId, parsed]
      .flatMap(part => (part.type === 'invalid' ? [part.message] : []))
      .join('; ');
    respondWithError(res, { status: 400, name: 'InputError', message });
    return;
  }
  await store({
    ...options,
    delivery: {
      sender: sender.name,
      externalId: externalId.externalId,
      digest: createHash('sha256').update(body).digest('hex'),
      secretId,
      dialect: sender.dialect,
      event: parsed.event,
    },
  });
}

async function store(
  options: WebhookRouterOptions & {
    res: express.Response;
    delivery: Parameters<DeliveryStore['accept']>[0];
  },
): Promise<void> {
  const { res, deliveries, delivery, now, logger, onAccepted } = options;
  try {
    const { id, repeated } = await deliveries.accept(delivery, now());
    res.status(repeated ? 200 : 202).json({ id });
  } catch (error) {
    logger.error(
      `A delivery of webhook sender '${
        delivery.sender
      }' could not be stored: ${describeError(error)}`,
    );
    res.set('Retry-After', String(RETRY_AFTER_S));
    respondWithError(res, {
      status: 503,
      name: 'ServiceUnavailableError',
      message: 'The delivery could not be stored, send it again',
    });
    return;
  }
  onAccepted?.();
}
