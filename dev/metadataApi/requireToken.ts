import type { RequestHandler } from 'express';

/** Answers 401 unless the request carries the bearer token. */
export function requireToken(token: string): RequestHandler {
  return (req, res, next) => {
    if (req.get('authorization') === `Bearer ${token}`) {
      next();
      return;
    }
    res
      .status(401)
      .set('WWW-Authenticate', 'Bearer')
      .json({ error: 'This takes the header Authorization: Bearer <token>' });
  };
}
