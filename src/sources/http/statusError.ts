import { SourceError } from '../../lib/errors';
import { parseRateLimit } from './parseRateLimit';
import { parseRetryAfter } from './parseRetryAfter';
import { describeTarget, type RequestTarget } from './requestTarget';

/**
 * Makes a `SourceError` of code `status` of an answer that is none: with the
 * status, and the wait that the server asked for.
 */
export function statusError(options: {
  target: RequestTarget;
  response: Response;
  now: Date;
}): SourceError {
  const { target, response, now } = options;
  const { status } = response;
  const retryAfter = response.headers.get('retry-after') ?? '';
  return new SourceError(
    `${describeTarget(target)} answered ${status}; ${statusHint(status)}`,
    {
      code: 'status',
      status,
      retryAfterMs:
        parseRetryAfter(retryAfter, now) ?? parseRateLimit(response, now),
    },
  );
}

function statusHint(status: number): string {
  if (status === 304) {
    return 'nothing was asked that may be answered so; look for a faulty cache in between';
  }
  if (status < 400) {
    return 'only 200 with a body is a whole answer; check the URL';
  }
  if (status === 401 || status === 403) {
    return `check the credentials in 'auth' or 'headers'`;
  }
  if (status === 429) {
    return 'the server limits requests; poll less often';
  }
  if (status >= 500) {
    return 'the server has a problem; see its logs if it lasts';
  }
  return `check the URL, the 'headers' and 'auth'`;
}
