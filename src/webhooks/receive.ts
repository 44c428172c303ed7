import { TaskCancelledError, timeout, TimeoutStrategy } from 'cockatiel';
import type { Request, Response } from 'express';
import type { Knex } from 'knex';
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SenderSettings } from '../config/sender';
import { acceptDelivery } from '../deliveries/database/acceptDelivery';
import type { AcceptedDelivery, NewDelivery } from '../deliveries/delivery';
import type { WebhookTracker } from '../metrics/webhooks';
import type { RefusalLog } from './RefusalLog';
import {
  invalid,
  NOT_STORED,
  notAllowed,
  PAUSED,
  respond,
  tooLarge,
} from './answers';
import type { DeliveryId, Dialect } from './dialects/dialect';
import { outsideScope } from './scope';

/** How long the database may take to store a delivery. */
const STORE_DEADLINE_MS = 10_000;
const DEADLINE = {
  strategy: TimeoutStrategy.Aggressive,
  // Nothing listens to the signal, and each abort makes an error with its stack.
  abortOnReturn: false,
};

export interface ReceiverOptions {
  knex: Knex;
  now: () => Date;
  tracker: Pick<WebhookTracker, 'accepted' | 'refused'>;
  log: RefusalLog;
  /** Whether a sender was paused at run time. The configuration can pause it, too. */
  isPaused?: (sender: string) => boolean;
  /** Called for each verified request, whatever becomes of it. */
  onVerified?: (sender: string, secretId: string) => void;
  /** Called after each delivery that was stored and has to be processed. */
  onQueued?: () => void;
  /** How long the database may take to store a delivery; 10 seconds by default. */
  storeDeadlineMs?: number;
}

/** A request whose bytes are its sender's. */
export interface VerifiedRequest {
  req: Request;
  res: Response;
  body: Buffer;
  /** Where it comes from. */
  address?: string;
  sender: SenderSettings;
  secretId: string;
  deliveryId: DeliveryId;
  dialect: Dialect;
}

/** Reads, checks, stores and answers a verified request. */
export async function receive(
  options: ReceiverOptions,
  request: VerifiedRequest,
): Promise<void> {
  const { isPaused, log, onVerified, tracker } = options;
  const { res, secretId, address } = request;
  const { name, maxBodyBytes } = request.sender;
  onVerified?.(name, secretId);
  if (request.sender.paused || isPaused?.(name)) {
    tracker.refused({ sender: name, code: 'sender-paused' });
    respond(res, PAUSED);
    return;
  }
  if (request.body.length > maxBodyBytes) {
    tracker.refused({ sender: name, code: 'too-large' });
    respond(res, tooLarge(maxBodyBytes));
    return;
  }
  const { delivery, fault } = readDelivery(request);
  if (!delivery) {
    tracker.refused({ sender: name, code: 'not-valid' });
    respond(res, invalid(fault));
    return;
  }
  const { content } = delivery;
  const outside =
    content.type === 'event' && outsideScope(request.sender, content.event);
  if (outside) {
    const { code, message } = outside;
    tracker.refused({ sender: name, code });
    log.outOfScope({ sender: name, secretId, code, address });
    respond(res, notAllowed(message));
    return;
  }
  await store(options, request, delivery);
}

/** Makes a delivery of what was sent, or names everything that is wrong with it. */
function readDelivery(
  request: VerifiedRequest,
):
  | { delivery: NewDelivery; fault?: undefined }
  | { delivery?: undefined; fault: string } {
  const { req, body, sender, secretId, dialect, deliveryId } = request;
  const payload = dialect.readBody(body);
  if (payload.type === 'invalid' || deliveryId.type === 'invalid') {
    const faults = [deliveryId, payload].flatMap(part =>
      part.type === 'invalid' ? [part.message] : [],
    );
    return { fault: faults.join('; ') };
  }
  const delivery = {
    sender: sender.name,
    externalId: deliveryId.externalId,
    digest: hash('sha256', body),
    secretId,
    dialect: sender.dialect,
    content: payload.content,
    payload: payload.payload,
    headers: keepHeaders(req.headers),
  };
  return { delivery };
}

/** Headers that help to find a request again elsewhere; never a signature or a token. */
const KEPT_HEADERS = [
  'content-type',
  'user-agent',
  'x-request-id',
  'traceparent',
];
const MAX_HEADER_LENGTH = 256;

function keepHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap(name => {
      const value = headers[name];
      return typeof value === 'string'
        ? [[name, value.slice(0, MAX_HEADER_LENGTH)]]
        : [];
    }),
  );
}

/**
 * Stores a delivery and answers 202, or 200 for a repeat. Where the database
 * fails or takes too long, nothing is acknowledged. An insert that takes effect
 * later does no harm: the sender's next attempt is a repeat of it.
 */
async function store(
  options: ReceiverOptions,
  request: VerifiedRequest,
  delivery: NewDelivery,
): Promise<void> {
  const { knex, now, log, tracker } = options;
  const { storeDeadlineMs = STORE_DEADLINE_MS } = options;
  const { req, res } = request;
  const { sender } = delivery;
  let accepted: AcceptedDelivery;
  try {
    accepted = await timeout(storeDeadlineMs, DEADLINE).execute(() =>
      acceptDelivery({ knex, delivery, now: now() }),
    );
  } catch (error) {
    tracker.refused({ sender, code: 'not-stored' });
    log.notStored({
      sender,
      error:
        error instanceof TaskCancelledError
          ? new Error(
              `The database did not answer within ${storeDeadlineMs} ms`,
            )
          : error,
    });
    respond(res, NOT_STORED);
    return;
  }
  log.stored(sender);
  const { id, repeated } = accepted;
  const { content } = delivery;
  const ignored =
    content.type === 'ignored'
      ? { state: content.type, reason: content.reason }
      : {};
  res.setHeader('Location', locationOf(req.path, id));
  respond(res, {
    status: repeated ? 200 : 202,
    text: JSON.stringify({ id, ...ignored }),
  });
  tracker.accepted({ sender, repeated });
  if (!repeated && content.type === 'event') {
    options.onQueued?.();
  }
}

/** Relative to the request, since a proxy may have taken off a prefix of the path. */
function locationOf(path: string, id: string): string {
  return `${path.endsWith('/') ? '../' : ''}../deliveries/${id}`;
}
