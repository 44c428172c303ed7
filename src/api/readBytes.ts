import express from 'express';
import { Lexer } from 'yaml';

/**
 * Reads a body as it was sent, whatever its type: the catalog's own parser takes
 * 100 kB of JSON. For a handler that has let the caller in already.
 */
export async function readBytes(
  req: express.Request,
  res: express.Response,
  limits: {
    max: number;
    /** What to do about a larger one. */
    advice: string;
  },
): Promise<Buffer> {
  const { max, advice } = limits;
  const read = express.raw({ limit: max, type: () => true });
  await new Promise<void>((done, fail) => {
    read(req, res, error => (error ? fail(describe(error)) : done()));
  });
  if (Buffer.isBuffer(req.body)) {
    return req.body;
  }
  if (!req.readableDidRead) {
    return Buffer.alloc(0);
  }
  throw new Error(
    'The body of the request was parsed before its text could be read: another module mounts a body parser on the router of the catalog; mount it on its own routes instead',
  );

  /** The library's own words name neither the limit nor what to do. */
  function describe(error: any): Error {
    // Who still sends would otherwise see a broken connection and no answer.
    req.resume();
    return error.status === 413
      ? tooLarge(`The body has more than ${max} bytes; ${advice}`)
      : error;
  }
}

/** Keys, values, marks and line breaks, some 60 for a small entity. They take a second at most. */
const MAX_PARTS = 20_000;

/** Makes sure that a text of YAML is parsed soon, whatever its length. */
export function assertFewParts(text: string, advice: string): void {
  let parts = 0;
  for (const _ of new Lexer().lex(text)) {
    parts += 1;
    if (parts > MAX_PARTS) {
      throw tooLarge(
        `The body has more than ${MAX_PARTS} keys, values, marks and line breaks of YAML; ${advice}`,
      );
    }
  }
}

/** `@backstage/errors` has none of this status. */
function tooLarge(message: string): Error {
  return Object.assign(new Error(message), {
    name: 'PayloadTooLargeError',
    statusCode: 413,
  });
}
