import type { ErrorResponseBody } from '@backstage/errors';
import type { ServerResponse } from 'node:http';

export interface ErrorAnswer {
  status: number;
  name: string;
  message: string;
  /** When to try again, in seconds. */
  retryAfter?: number;
}

/** The answer as it is sent, made once where it is always the same. */
export interface PreparedAnswer {
  status: number;
  text: string;
  retryAfter?: number;
}

/**
 * An error in Backstage's format. It leaves out the request, so that answers
 * to different senders do not differ, and everything internal.
 */
export function prepareError(options: ErrorAnswer): PreparedAnswer {
  const { status, name, message, retryAfter } = options;
  const body: ErrorResponseBody = {
    error: { name, message },
    response: { statusCode: status },
  };
  return { status, text: JSON.stringify(body), retryAfter };
}

/** Past Express's own `json`, which hashes each answer for an ETag. */
export function respond(res: ServerResponse, answer: PreparedAnswer): void {
  res.statusCode = answer.status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  if (answer.retryAfter !== undefined) {
    res.setHeader('Retry-After', String(answer.retryAfter));
  }
  // Without it the host's compression has Node send the answer in chunks.
  res.setHeader('Content-Length', Buffer.byteLength(answer.text));
  res.end(answer.text);
}

export function respondWithError(
  res: ServerResponse,
  options: ErrorAnswer,
): void {
  respond(res, prepareError(options));
}
