import { TaskCancelledError, timeout, TimeoutStrategy } from 'cockatiel';
import type { Request, Response } from 'express';
import type { Knex } from 'knex';
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SenderSettings } from '../config/sender';
import { acceptDelivery } from '../deliveries/database/acceptDelivery';
import { bindToken } from '../deliveries/database/bindToken';
import type { NewDelivery } from '../deliveries/delivery';
import type { WebhookTracker } from '../metrics/webhooks';
import type { RefusalLog } from './RefusalLog';
import {
  type Answer,
  batchAnswer,
  invalid,
  NOT_STORED,
  notAllowed,
  PAUSED,
  respond,
  tooLarge,
  UNVERIFIED,
} from './answers';
import type { Dialect, EventReading } from './dialects/dialect';
import type { HeaderValues } from './headers';
import { outsideScope } from './scope';
import type { VerifiedToken } from './verify/verifyToken';

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
  headers: HeaderValues;
  body: Buffer;
  /** Where it comes from. */
  address?: string;
  sender: SenderSettings;
  secretId: string;
  dialect: Dialect;
  token?: VerifiedToken;
}

/** Reads, checks, stores and answers a verified request. */
export async function receive(
  options: ReceiverOptions,
  request: VerifiedRequest,
): Promise<void> {
  const { isPaused, onVerified, tracker } = options;
  const { res, secretId } = request;
  const { name, maxBodyBytes } = request.sender;
  onVerified?.(name, secretId);
  const paused = request.sender.paused || isPaused?.(name) === true;
  if (paused && !request.sender.hold) {
    tracker.refused({ sender: name, code: 'sender-paused' });
    respond(res, PAUSED);
    return;
  }
  if (request.body.length > maxBodyBytes) {
    tracker.refused({ sender: name, code: 'too-large' });
    respond(res, tooLarge(maxBodyBytes));
    return;
  }
  const refusal = await refuseReuse(options, request);
  if (refusal) {
    respond(res, refusal);
    return;
  }
  const { readings, isBatch } = await request.dialect.readBody(request);
  const results: Result[] = [];
  // In their order, which is that of arrival.
  for (const reading of readings) {
    const result = await take(options, request, {
      reading,
      isBatch,
      held: paused,
    });
    results.push(result);
    if (result === NOT_STORED) {
      // What was stored before it is a repeat when all of it is sent again.
      respond(res, NOT_STORED);
      return;
    }
  }
  if (isBatch) {
    respond(res, batchAnswer(results));
    return;
  }
  const [result] = results;
  if (result.id !== undefined) {
    res.setHeader('Location', locationOf(request.req.path, result.id));
  }
  respond(res, result);
}

/**
 * Refuses a token that came with another request before, where nothing in the
 * token says what it is for. Whoever has seen a request can send no other with
 * its token; the same one again is a repeat.
 */
async function refuseReuse(
  options: ReceiverOptions,
  { sender, dialect, token, headers, body, address }: VerifiedRequest,
): Promise<Answer | undefined> {
  if (!token || token.hasDigest) {
    return undefined;
  }
  const { knex, log } = options;
  const contents = (dialect.contentHeaders ?? []).map(headers);
  const usedFor = hash(
    'sha256',
    Buffer.concat([Buffer.from(JSON.stringify(contents)), body]),
  );
  const isBound = await inTime(options, sender.name, () =>
    bindToken({ knex, token: token.id, usedFor, endsAt: token.endsAt }),
  );
  if (isBound === undefined) {
    return NOT_STORED;
  }
  if (isBound) {
    return undefined;
  }
  log.rejected({
    code: 'token-reused',
    sender: sender.name,
    address,
    findMistake: () => undefined,
  });
  return UNVERIFIED;
}

/** What a batch has at each position, and what its request is answered where it is none. */
type Result = Answer & { id?: string };

/** Checks and stores one event. */
async function take(
  options: ReceiverOptions,
  request: VerifiedRequest,
  { reading, ...rest }: TakeOptions & { reading: EventReading },
): Promise<Result> {
  const { log, tracker } = options;
  const { secretId, address } = request;
  const { name } = request.sender;
  if (reading.type === 'invalid') {
    tracker.refused({ sender: name, code: 'not-valid' });
    return invalid(reading.message);
  }
  const outside = reading.type === 'ok' && outsideScope(request, reading.event);
  if (outside) {
    const { code, message } = outside;
    tracker.refused({ sender: name, code });
    log.outOfScope({ sender: name, secretId, code, address });
    return notAllowed(message);
  }
  return store(options, toDelivery(request, reading, rest));
}

interface TakeOptions {
  isBatch: boolean;
  held: boolean;
}

function toDelivery(
  request: VerifiedRequest,
  reading: Exclude<EventReading, { type: 'invalid' }>,
  { isBatch, held }: TakeOptions,
): NewDelivery {
  const { req, body, sender, secretId, token } = request;
  const { externalId = token?.id, payload } = reading;
  return {
    sender: sender.name,
    externalId,
    digest: hash('sha256', isBatch ? payload : body),
    secretId,
    dialect: sender.dialect,
    content:
      reading.type === 'ok'
        ? { type: 'event', event: reading.event }
        : { type: 'ignored', reason: reading.reason },
    payload,
    held,
    headers: keepHeaders(req.headers),
  };
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

/** Stores a delivery: 202, or 200 for a repeat. */
async function store(
  options: ReceiverOptions,
  delivery: NewDelivery,
): Promise<Result> {
  const { knex, now, log, tracker } = options;
  const { sender, content } = delivery;
  const accepted = await inTime(options, sender, () =>
    acceptDelivery({ knex, delivery, now: now() }),
  );
  if (accepted === undefined) {
    return NOT_STORED;
  }
  log.stored(sender);
  const { id, repeated } = accepted;
  tracker.accepted({ sender, repeated });
  if (!repeated && content.type === 'event' && !delivery.held) {
    options.onQueued?.();
  }
  return {
    id,
    status: repeated ? 200 : 202,
    text: JSON.stringify({ id, ...stateOf(delivery) }),
  };
}

/**
 * Writes to the database. Where that fails or takes too long, it says so and
 * gives undefined, and nothing is acknowledged. What takes effect later does no
 * harm: the sender's next attempt is a repeat of it.
 */
async function inTime<T>(
  options: ReceiverOptions,
  sender: string,
  write: () => Promise<T>,
): Promise<T | undefined> {
  const { log, tracker, storeDeadlineMs = STORE_DEADLINE_MS } = options;
  try {
    return await timeout(storeDeadlineMs, DEADLINE).execute(write);
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
    return undefined;
  }
}

/** What becomes of a delivery, where that is not to be processed at once. */
function stateOf({ content, held }: NewDelivery) {
  if (content.type === 'ignored') {
    return { state: content.type, reason: content.reason };
  }
  return held ? { state: 'held' } : {};
}

/** Relative to the request, since a proxy may have taken off a prefix of the path. */
function locationOf(path: string, id: string): string {
  return `${path.endsWith('/') ? '../' : ''}../deliveries/${id}`;
}
