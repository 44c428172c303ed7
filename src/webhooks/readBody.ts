import type { Request } from 'express';
import { ByteBuffer } from '../lib/ByteBuffer';
import { type Answer, COMPRESSED, tooLarge, tooSlow } from './answers';

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
  | { type: 'refused'; answer: Answer }
  /** There is no room for all of it. */
  | { type: 'no-room' }
  /** The caller has hung up. */
  | { type: 'gone' };

interface BodyLimits {
  maxBytes: number;
  /** How long a body may take to arrive at most. */
  deadlineMs: number;
  /** Asks for room for so many bytes more. */
  take: (bytes: number) => boolean;
}

/**
 * Reads a request's bytes as they were sent. A body whose length is over the
 * limit is refused before its first byte. A compressed one is refused because
 * inflating it gives other bytes than those that were signed.
 */
export async function readBody(
  req: Request,
  limits: BodyLimits,
): Promise<BodyReading> {
  const { maxBytes } = limits;
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
    return { type: 'refused', answer: tooLarge(maxBytes) };
  }
  if (isEncoded(req)) {
    return { type: 'refused', answer: COMPRESSED };
  }
  if (!req.readableDidRead) {
    return collect(req, limits);
  }
  // Waiting for bytes that somebody else has read would never end.
  if (!Buffer.isBuffer(req.body)) {
    throw new BodyConsumedError();
  }
  return req.body.length > maxBytes
    ? { type: 'refused', answer: tooLarge(maxBytes) }
    : { type: 'read', body: req.body };
}

function collect(req: Request, limits: BodyLimits): Promise<BodyReading> {
  const { maxBytes, deadlineMs, take } = limits;
  return new Promise(resolve => {
    if (req.destroyed) {
      // Its "close" has been emitted already.
      resolve({ type: 'gone' });
      return;
    }
    const buffer = new ByteBuffer(maxBytes);
    const timer = setTimeout(onTimeout, deadlineMs);
    req.on('data', onData).on('end', onEnd).on('close', onClose);

    function onData(chunk: Buffer) {
      if (buffer.length + chunk.length > maxBytes) {
        finish({ type: 'refused', answer: tooLarge(maxBytes) });
        return;
      }
      if (!take(chunk.length)) {
        finish({ type: 'no-room' });
        return;
      }
      buffer.append(chunk);
    }
    function onEnd() {
      finish({ type: 'read', body: buffer.bytes() });
    }
    function onClose() {
      finish({ type: 'gone' });
    }
    function onTimeout() {
      finish({ type: 'refused', answer: tooSlow(deadlineMs) });
    }
    function finish(reading: BodyReading) {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(reading);
    }
  });
}

function isEncoded(req: Request): boolean {
  const encoding = req.headers['content-encoding'];
  return encoding !== undefined && encoding.toLowerCase() !== 'identity';
}
