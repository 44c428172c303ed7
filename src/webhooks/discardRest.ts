import type { IncomingMessage } from 'node:http';

/** How long a caller may go on sending what nobody reads. */
const LINGER_MS = 2_000;

/**
 * Throws away what is still to come of a request that was answered early. A
 * connection that is closed at once may lose the answer before it is read, and
 * one that stays would take in all that the caller cares to send.
 */
export function discardRest(req: IncomingMessage): void {
  if (req.closed) {
    return;
  }
  const timer = setTimeout(() => req.socket.destroy(), LINGER_MS).unref();
  req.once('close', () => clearTimeout(timer));
  req.resume();
}
