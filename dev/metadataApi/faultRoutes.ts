import { json, Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { FAULT_MODES, type Faults } from './Faults';

const faultSchema = z.strictObject({
  mode: z.enum(FAULT_MODES),
  retryAfter: z.int().nonnegative().optional(),
});

/** `GET` and `POST /faults`: what goes wrong just now. */
export function createFaultRoutes(faults: Faults): Router {
  const router = Router();
  router.get('/faults', (_, res) => {
    res.json(faults.state);
  });
  router.post('/faults', json(), (req, res) => {
    const body = faultSchema.safeParse(req.body);
    if (!body.success) {
      res.status(400).json({ error: z.prettifyError(body.error) });
      return;
    }
    faults.set(body.data);
    res.json(faults.state);
  });
  return router;
}

/** Spoils an answer as a whole; what only spoils the list is the list's own affair. */
export function createFaultMiddleware(faults: Faults): RequestHandler {
  return async (_, res, next) => {
    const { mode, retryAfter } = faults.state;
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
      case 'slow': {
        const closed = new AbortController();
        res.once('close', () => closed.abort());
        await faults.hold(closed.signal);
        next();
        return;
      }
      default:
        next();
    }
  };
}
