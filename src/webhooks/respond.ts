import type { ErrorResponseBody } from '@backstage/errors';
import type { Response } from 'express';

/**
 * Answers with an error in Backstage's format. It leaves out the request, so
 * that answers to different senders do not differ, and everything internal.
 */
export function respondWithError(
  res: Response,
  options: { status: number; name: string; message: string },
): void {
  const { status, name, message } = options;
  const body: ErrorResponseBody = {
    error: { name, message },
    response: { statusCode: status },
  };
  res.status(status).json(body);
}
