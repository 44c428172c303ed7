import type { Request } from 'express';
import type { ErrorAnswer } from './respond';
import type { RequestPlace } from './takePlace';

/** Something in front of the route took the body, so that no signature can be checked. */
export class BodyConsumedError extends Error {
  name = 'BodyConsumedError' as const;

  constructor() {
    super(
      'The body of the request was parsed before its signature could be verified: ' +
        "another module mounts a body parser on the catalog's router; mount it on its own routes instead",
    );
  }
}

export type BodyReading =
  | { type: 'read'; body: Buffer }
  | { type: 'refused'; answer: ErrorAnswer }
  /** The caller has hung up. */
  | { type: 'gone' };

interface BodyLimits {
  maxBytes: number;
  /** How long a body may take to arrive at most. */
  deadlineMs: number;
  place: Pick<RequestPlace, 'lost' | 'onLost'>;
}

/** How long a body may take to arrive, of which each byte gives it a millisecond more: a kilobyte a second. */
const GRACE_MS = 10_000;

/** Told to whoever is one too many at once. */
export const TOO_MANY_AT_ONCE: ErrorAnswer = {
  status: 429,
  name: 'TooManyRequestsError',
  message: 'Too many requests at once, send it again later',
  retryAfter: 1,
};

const COMPRESSED: BodyReading = {
  type: 'refused',
  answer: {
    status: 415,
    name: 'UnsupportedMediaTypeError',
    message: 'The body must not be compressed: what is signed is what is sent',
  },
};

/**
 * Reads a request's bytes as they were sent. One that says it is too large is
 * refused before the first of them; a compressed one, since inflating it gives
 * other bytes than those that were signed.
 */
export async function readBody(
  req: Request,
  limits: BodyLimits,
): Promise<BodyReading> {
  if (Number(req.headers['content-length'] ?? 0) > limits.maxBytes) {
    return tooLarge(limits);
  }
  if (isEncoded(req)) {
    return COMPRESSED;
  }
  if (!req.readableDidRead) {
    return collect(req, limits);
  }
  // Waiting for bytes that somebody else has read would never end.
  if (!Buffer.isBuffer(req.body)) {
    throw new BodyConsumedError();
  }
  return req.body.length > limits.maxBytes
    ? tooLarge(limits)
    : { type: 'read', body: req.body };
}

function collect(req: Request, limits: BodyLimits): Promise<BodyReading> {
  const { maxBytes, deadlineMs, place } = limits;
  return new Promise(resolve => {
    let bytes: Buffer = Buffer.alloc(0);
    let length = 0;
    const onData = (chunk: Buffer) => {
      if (length + chunk.length > maxBytes) {
        finish(tooLarge(limits));
        return;
      }
      bytes = append(bytes, length, chunk);
      length += chunk.length;
    };
    const onEnd = () =>
      finish({ type: 'read', body: bytes.subarray(0, length) });
    const onClose = () => finish({ type: 'gone' });
    const onLost = () => finish({ type: 'refused', answer: TOO_MANY_AT_ONCE });
    let allowedMs = 0;
    let timer: NodeJS.Timeout | undefined;
    const allowMore = () => {
      const moreMs = Math.min(deadlineMs, GRACE_MS + length) - allowedMs;
      if (moreMs <= 0) {
        finish(tooSlow(allowedMs));
        return;
      }
      allowedMs += moreMs;
      timer = setTimeout(allowMore, moreMs);
    };
    allowMore();
    req.on('data', onData).on('end', onEnd).on('close', onClose);
    place.onLost = onLost;
    if (place.lost) {
      onLost();
    }

    function finish(reading: BodyReading) {
      clearTimeout(timer);
      place.onLost = undefined;
      req.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(reading);
    }
  });
}

/**
 * Copies a chunk behind the first `length` bytes. Chunks are not kept: one of
 * a single byte takes some 200 bytes of memory, and keeps what it was cut from.
 */
function append(bytes: Buffer, length: number, chunk: Buffer): Buffer {
  const needed = length + chunk.length;
  let target = bytes;
  if (needed > bytes.length) {
    target = Buffer.allocUnsafe(Math.max(needed, 2 * bytes.length));
    bytes.copy(target, 0, 0, length);
  }
  chunk.copy(target, length);
  return target;
}

function isEncoded(req: Request): boolean {
  const encoding = req.headers['content-encoding'];
  return encoding !== undefined && encoding.toLowerCase() !== 'identity';
}

function tooLarge({ maxBytes }: BodyLimits): BodyReading {
  return {
    type: 'refused',
    answer: {
      status: 413,
      name: 'PayloadTooLargeError',
      message: `The body has more than ${maxBytes} bytes`,
    },
  };
}

function tooSlow(allowedMs: number): BodyReading {
  return {
    type: 'refused',
    answer: {
      status: 408,
      name: 'RequestTimeoutError',
      message: `The body did not arrive within ${allowedMs / 1000} s`,
    },
  };
}
