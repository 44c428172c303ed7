import type { Request } from 'express';
import type { ErrorAnswer } from './respond';

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
  /** How long the body may take to arrive. */
  deadlineMs: number;
}

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
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limits.maxBytes) {
        finish(tooLarge(limits));
      } else {
        chunks.push(chunk);
      }
    };
    const onEnd = () => finish({ type: 'read', body: join(chunks) });
    const onClose = () => finish({ type: 'gone' });
    const timer = setTimeout(() => finish(tooSlow(limits)), limits.deadlineMs);
    req.on('data', onData).on('end', onEnd).on('close', onClose);

    function finish(reading: BodyReading) {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(reading);
    }
  });
}

function join(chunks: Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
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

function tooSlow({ deadlineMs }: BodyLimits): BodyReading {
  return {
    type: 'refused',
    answer: {
      status: 408,
      name: 'RequestTimeoutError',
      message: `The body did not arrive within ${deadlineMs / 1000} s`,
    },
  };
}
