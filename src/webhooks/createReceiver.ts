import type express from 'express';
import { hash } from 'node:crypto';
import type { SenderSettings } from '../config/settings';
import type {
  AcceptedDelivery,
  DeliveryContent,
  NewDelivery,
} from '../deliveries/delivery';
import { abortable } from '../lib/abort';
import { withSignals } from '../lib/deadline';
import type { RefusalLog } from './createRefusalLog';
import { createScope } from './createScope';
import type { DeliveryIdReading, Dialect } from './dialects/dialect';
import { keepHeaders } from './keepHeaders';
import { type ErrorAnswer, respond, respondWithError } from './respond';
import type { WebhookTracker } from './sender';

/** How long the database may take to store a delivery. */
const STORE_DEADLINE_MS = 10_000;

/** When a caller should try again, in seconds: after its delivery could not be stored, and while its sender is paused. */
const RETRY_AFTER_S = 5;
const PAUSED_RETRY_AFTER_S = 300;

const PAUSED: ErrorAnswer = {
  status: 503,
  name: 'ServiceUnavailableError',
  message: 'The sender is paused, send it again later',
  retryAfter: PAUSED_RETRY_AFTER_S,
};
const INVALID = { status: 400, name: 'InputError' };
const OUTSIDE = { status: 403, name: 'NotAllowedError' };
const NOT_STORED: ErrorAnswer = {
  status: 503,
  name: 'ServiceUnavailableError',
  message: 'The delivery could not be stored, send it again',
  retryAfter: RETRY_AFTER_S,
};

export interface ReceiverOptions {
  senders: SenderSettings[];
  /** Resolves once a delivery is committed. */
  accept: (delivery: NewDelivery) => Promise<AcceptedDelivery>;
  tracker: Pick<WebhookTracker, 'accepted'>;
  refusals: RefusalLog;
  /** Senders that are paused beside those that the configuration pauses. */
  isPaused?: (sender: string) => boolean;
  /** Called for each request that is its sender's, whatever becomes of it. */
  onVerified?: (sender: string, secretId: string) => void;
  /** Called after each delivery that was stored and is to be settled. */
  onQueued?: () => void;
}

/** A request whose bytes are its sender's. */
export interface VerifiedRequest {
  req: express.Request;
  res: express.Response;
  body: Buffer;
  sender: SenderSettings;
  secretId: string;
  delivery: DeliveryIdReading;
  dialect: Dialect;
}

/** Reads, judges, stores and answers what was verified. */
export type Receiver = (request: VerifiedRequest) => Promise<void>;

export function createReceiver(options: ReceiverOptions): Receiver {
  const { refusals, senders, isPaused = () => false } = options;
  const scopes = new Map(
    senders.map(sender => [sender.name, createScope(sender)]),
  );
  return async request => {
    const { res, sender, secretId } = request;
    options.onVerified?.(sender.name, secretId);
    if (sender.paused || isPaused(sender.name)) {
      refusals.refused({ sender: sender.name, code: 'sender-paused' });
      respondWithError(res, PAUSED);
      return;
    }
    const reading = readRequest(request);
    if (reading.type === 'invalid') {
      refusals.refused({ sender: sender.name, code: 'not-valid' });
      respondWithError(res, { ...INVALID, message: reading.message });
      return;
    }
    const { content } = reading;
    const outside =
      content.type === 'event'
        ? scopes.get(sender.name)!(content.event)
        : undefined;
    if (outside) {
      const { code, message } = outside;
      refusals.outOfScope({ sender: sender.name, secretId, code });
      respondWithError(res, { ...OUTSIDE, message });
      return;
    }
    await store({ options, request, reading });
  };
}

interface Understood {
  type: 'understood';
  content: DeliveryContent;
  payload: string;
  externalId?: string;
}

type RequestReading = Understood | { type: 'invalid'; message: string };

/** Names everything that is wrong at once. */
function readRequest(request: VerifiedRequest): RequestReading {
  const { dialect, body, delivery } = request;
  const reading = dialect.readBody(body);
  if (reading.type === 'understood' && delivery.type === 'valid') {
    const { type, content, payload } = reading;
    return { type, content, payload, externalId: delivery.externalId };
  }
  const faults = [delivery, reading].flatMap(part =>
    part.type === 'invalid' ? [part.message] : [],
  );
  return { type: 'invalid', message: faults.join('; ') };
}

async function store(parts: {
  options: ReceiverOptions;
  request: VerifiedRequest;
  reading: Understood;
}): Promise<void> {
  const { options, request, reading } = parts;
  const { refusals, tracker } = options;
  const { req, res, sender } = request;
  let accepted: AcceptedDelivery;
  try {
    accepted = await withSignals(
      {
        signals: [],
        deadlineMs: STORE_DEADLINE_MS,
        reason: `The database did not answer within ${STORE_DEADLINE_MS} ms`,
      },
      signal => abortable(options.accept(toDelivery(request, reading)), signal),
    );
  } catch (error) {
    refusals.notStored({ sender: sender.name, error });
    respondWithError(res, NOT_STORED);
    return;
  }
  const { id, repeated } = accepted;
  res.setHeader('Location', `${req.baseUrl}/custom-data/deliveries/${id}`);
  respond(res, { status: repeated ? 200 : 202, text: JSON.stringify({ id }) });
  tracker.accepted({ sender: sender.name, repeated });
  if (!repeated && reading.content.type === 'event') {
    options.onQueued?.();
  }
}

function toDelivery(
  { req, body, sender, secretId }: VerifiedRequest,
  { externalId, content, payload }: Understood,
): NewDelivery {
  return {
    sender: sender.name,
    ...(externalId !== undefined && { externalId }),
    digest: hash('sha256', body),
    secretId,
    dialect: sender.dialect,
    content,
    payload,
    headers: keepHeaders(req.headers),
  };
}
