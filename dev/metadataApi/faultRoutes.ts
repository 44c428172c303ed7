import { json, Router, type RequestHandler } from 'express';
import { z } from 'zod';

const faults = z.strictObject({
  mode: z.enum([
    'none',
    'rate-limit',
    'error',
    'empty',
    'broken-record',
    'slow',
  ]),
  /** Seconds that a rate-limited caller is told to wait. */
  retryAfter: z.int().nonnegative().default(30),
});

/** How the API is made to misbehave. */
export type Faults = z.output<typeof faults>;

export function createFaults(): Faults {
  return faults.parse({ mode: 'none' });
}

/** How long a slow answer is held back. */
const HOLD_MS = 120_000;

/** `GET` and `POST /faults`: what goes wrong just now. */
export function createFaultRoutes(current: Faults): Router {
  const router = Router();
  router.get('/faults', (_, res) => {
    res.json(current);
  });
  router.post('/faults', json(), (req, res) => {
    const body = faults.safeParse(req.body);
    if (!body.success) {
      res.status(400).json({ error: z.prettifyError(body.error) });
      return;
    }
    res.json(Object.assign(current, body.data));
  });
  return router;
}

/** Spoils an answer as a whole; what only spoils the list is the list's own affair. */
export function createFaultMiddleware(current: Faults): RequestHandler {
  return (_, res, next) => {
    const { mode, retryAfter } = current;
    switch (mode) {
      case 'rate-limit':
        res
          .status(429)
          .set('Retry-After', String(retryAfter))
          .json({ error: 'Too many requests' });
        return;
      case 'error':
        res.status(500).json({ error: 'The registry is not well today' });
        return;
      case 'slow':
        setTimeout(next, HOLD_MS).unref();
        return;
      default:
        next();
    }
  };
}
