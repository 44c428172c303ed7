import { ApiVersionError } from '../api/client';
import { showText } from './showText';

/** What a view says about an error: a message of `error`, and values for it. */
export type ErrorDescription =
  | { kind: 'forbidden'; message: string }
  | { kind: 'missing'; message: string }
  | { kind: 'failed'; message: string }
  | { kind: 'unreachable'; message: string }
  | { kind: 'version'; backend: string };

interface AnsweredError extends Error {
  statusCode?: number;
  body?: { error?: { name?: string; message?: string } };
}

const GATEWAY = [502, 503, 504];
const MAX_MESSAGE = 1000;

export function describeError(error: AnsweredError): ErrorDescription {
  if (error instanceof ApiVersionError) {
    return { kind: 'version', backend: showText(error.backendVersion, 50) };
  }
  const { statusCode } = error;
  const said = saidBy(error);
  const message = showText(said ?? error.message, MAX_MESSAGE);
  // Without a status, the request did not get through. A proxy without a
  // backend answers with a body that is not Backstage's.
  if (statusCode === undefined || (GATEWAY.includes(statusCode) && !said)) {
    return { kind: 'unreachable', message };
  }
  if (statusCode === 401 || statusCode === 403) {
    return { kind: 'forbidden', message };
  }
  return { kind: statusCode === 404 ? 'missing' : 'failed', message };
}

/** `ResponseError` makes up an `Error` where the backend said nothing. */
function saidBy({ body }: AnsweredError): string | undefined {
  return body?.error?.name === 'Error' ? undefined : body?.error?.message;
}
