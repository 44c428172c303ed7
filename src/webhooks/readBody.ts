import express from 'express';

/** Largest body that is read, in bytes. */
export const MAX_BODY_BYTES = 1_000_000;

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

/**
 * Reads a request's bytes as they were sent: a compressed body is refused,
 * since inflating it gives other bytes than those that were signed.
 */
export const readRawBody: express.RequestHandler = express.raw({
  type: () => true,
  limit: MAX_BODY_BYTES,
  inflate: false,
});

/** Stops a request whose body was read before it came here; waiting for its bytes would never end. */
export const requireUnreadBody: express.RequestHandler = (req, _res, next) => {
  if (req.readableDidRead && !Buffer.isBuffer(req.body)) {
    next(new BodyConsumedError());
  } else {
    next();
  }
};

/** The bytes of a request, after `readRawBody`. */
export function bodyOf(req: express.Request): Buffer {
  if (Buffer.isBuffer(req.body)) {
    return req.body;
  }
  // Without a body nothing is read, and express.raw leaves an empty object.
  if (hasNoBody(req)) {
    return Buffer.alloc(0);
  }
  throw new BodyConsumedError();
}

function hasNoBody(req: express.Request): boolean {
  const length = req.headers['content-length'];
  return (
    req.headers['transfer-encoding'] === undefined &&
    (length === undefined || Number(length) === 0)
  );
}
