import type { ErrorResponseBody } from '@backstage/errors';
import type { ServerResponse } from 'node:http';

/** What a request is answered, as it is sent. */
export interface Answer {
  status: number;
  text: string;
  /** When to try again, in seconds. */
  retryAfter?: number;
}

/**
 * An error in Backstage's format. It leaves out the request, so that answers
 * to different senders do not differ, and everything internal.
 */
export function errorAnswer(options: {
  status: number;
  name: string;
  message: string;
  retryAfter?: number;
}): Answer {
  const { status, name, message, retryAfter } = options;
  const body: ErrorResponseBody = {
    error: { name, message },
    response: { statusCode: status },
  };
  return { status, text: JSON.stringify(body), retryAfter };
}

/** Every request that is not verified gets this one, whatever is wrong with it. */
export const UNVERIFIED = errorAnswer({
  status: 401,
  name: 'AuthenticationError',
  message: 'The signature of the request could not be verified',
});

export const NOT_POSTED = errorAnswer({
  status: 405,
  name: 'MethodNotAllowedError',
  message: 'Deployment webhooks are posted',
});

export const COMPRESSED = errorAnswer({
  status: 415,
  name: 'UnsupportedMediaTypeError',
  message: 'The body must not be compressed: what is signed is what is sent',
});

export const TOO_MANY_AT_ONCE = errorAnswer({
  status: 429,
  name: 'TooManyRequestsError',
  message: 'Too many requests at once, send it again later',
  retryAfter: 1,
});

export const PAUSED = errorAnswer({
  status: 503,
  name: 'ServiceUnavailableError',
  message: 'The sender is paused, send it again later',
  retryAfter: 300,
});

export const NOT_STORED = errorAnswer({
  status: 503,
  name: 'ServiceUnavailableError',
  message: 'The delivery could not be stored, send it again',
  retryAfter: 5,
});

export const tooManyInWindow = (retryAfter: number) =>
  errorAnswer({
    status: 429,
    name: 'TooManyRequestsError',
    message: 'Too many requests; send it again later',
    retryAfter,
  });

export const tooLarge = (maxBytes: number) =>
  errorAnswer({
    status: 413,
    name: 'PayloadTooLargeError',
    message: `The body has more than ${maxBytes} bytes`,
  });

export const tooSlow = (allowedMs: number) =>
  errorAnswer({
    status: 408,
    name: 'RequestTimeoutError',
    message: `The body did not arrive within ${allowedMs / 1000} s`,
  });

export const invalid = (message: string) =>
  errorAnswer({ status: 400, name: 'InputError', message });

export const notAllowed = (message: string) =>
  errorAnswer({ status: 403, name: 'NotAllowedError', message });

/**
 * What a batch is answered: each event's answer at its position. A status of an
 * error only where none was taken, so that nobody sends again what was.
 */
export function batchAnswer(answers: Answer[]): Answer {
  const items = answers.map(({ status, text }) => ({
    status,
    ...JSON.parse(text),
  }));
  const taken = answers.find(({ status }) => status < 300);
  return {
    status: taken ? 202 : answers[0]?.status ?? 200,
    text: JSON.stringify({ items }),
  };
}

/** Bypasses Express's own `json`, which hashes each answer for an ETag. */
export function respond(res: ServerResponse, answer: Answer): void {
  res.statusCode = answer.status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  if (answer.retryAfter !== undefined) {
    res.setHeader('Retry-After', String(answer.retryAfter));
  }
  // Without it the host's compression makes Node send the answer in chunks.
  res.setHeader('Content-Length', Buffer.byteLength(answer.text));
  res.end(answer.text);
}
