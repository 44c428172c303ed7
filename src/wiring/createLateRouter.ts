import type { RequestHandler } from 'express';

/**
 * A handler that can be mounted before the router it stands for exists.
 * Requests wait for the router, with their body unread.
 */
export function createLateRouter(
  router: Promise<RequestHandler>,
): RequestHandler {
  // The start of the module reports it.
  router.catch(() => undefined);
  return (req, res, next) => {
    router.then(handle => handle(req, res, next)).catch(next);
  };
}
