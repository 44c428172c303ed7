import type { SourceSettings } from '../../config/settings';
import { SourceError } from '../../lib/errors';
import type { Validators } from '../RecordSource';
import { RequestLimiter } from './RequestLimiter';
import { createAuthorization } from './authorization';
import { fetchAnswer, type HttpAnswer, type ReadAnswer } from './fetchAnswer';
import { type Sleep, withRetries } from './withRetries';

export interface RequesterOptions {
  settings: Pick<SourceSettings, 'name' | 'headers' | 'auth' | 'request'>;
  now: () => Date;
  random: () => number;
  sleep: Sleep;
}

export interface SourceRequest<T> {
  url: string;
  method?: 'GET' | 'POST';
  body?: string;
  headers?: Record<string, string>;
  validators?: Validators;
  /** Called once for each try that gets a body. */
  read: ReadAnswer<T>;
  /** Milliseconds since 1970 beyond which no wait for another try may reach. */
  deadline: number;
  signal: AbortSignal;
}

export type Requester = <T>(
  request: SourceRequest<T>,
) => Promise<HttpAnswer<T>>;

/**
 * Makes requests of one source, within its bounds, with its credentials, and
 * again where they fail in passing.
 */
export function createRequester(options: RequesterOptions): Requester {
  const { settings, now, sleep } = options;
  const { name: source, auth, request: limits } = settings;
  const limiter = RequestLimiter.create({ ...limits, now, sleep });
  const authorization =
    auth && createAuthorization({ source, auth, request: limits, now });

  const send = <T>(request: SourceRequest<T>, header?: string) =>
    limiter.run(
      () =>
        fetchAnswer({
          ...request,
          source,
          headers: {
            ...request.headers,
            ...settings.headers,
            ...(header && { authorization: header }),
          },
          request: limits,
          now,
        }),
      request.signal,
    );

  const sendAuthorized = async <T>(request: SourceRequest<T>) => {
    const header = await authorization?.header(request.signal);
    try {
      return await send(request, header);
    } catch (error) {
      if (!header || !authorization?.discard || !isUnauthorized(error)) {
        throw error;
      }
      authorization.discard(header);
    }
    return send(request, await authorization.header(request.signal));
  };

  return request =>
    withRetries({ ...options, ...request, retries: limits.retries }, () =>
      sendAuthorized(request),
    );
}

function isUnauthorized(error: unknown): boolean {
  return (
    error instanceof SourceError &&
    error.code === 'status' &&
    error.status === 401
  );
}
