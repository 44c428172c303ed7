import type { SourceError } from '../../lib/errors';
import { excerptOf } from './excerpt';
import { requestError, type RequestTarget } from './requestTarget';

/** A `SourceError` of code `status`. */
export function statusError(
  target: RequestTarget,
  { status }: Response,
  answer: { waitMs?: number; text?: string; reason?: string },
): SourceError {
  const { waitMs, text = '', reason } = answer;
  const what = `answered ${status}${reason ? ` with ${reason}` : ''}`;
  return requestError(target, `${what}; ${statusHint(status)}`, {
    code: 'status',
    status,
    retryAfterMs: waitMs,
    said: excerptOf(text),
  });
}

/**
 * How long an answer of any status asks to wait before the next request, in
 * milliseconds, at most 24 hours. Undefined if it does not ask.
 */
export function waitOf(response: Answer, now: Date): number | undefined {
  const { headers } = response;
  return (
    parseRetryAfter(headers.get('retry-after') ?? '', now) ??
    parseRateLimit(response, now) ??
    parseDelay(headers)
  );
}

type Answer = Pick<Response, 'status' | 'headers'>;

function statusHint(status: number): string {
  if (status === 304) {
    return 'the request had no validators; look for a faulty cache in between';
  }
  if (status < 400) {
    return 'only 200 with a body is a whole answer; check the URL';
  }
  if (status === 401 || status === 403) {
    return 'check the credentials in "auth" or "headers"';
  }
  if (status === 429) {
    return 'the server limits requests; poll less often';
  }
  if (status >= 500) {
    return 'the server has a problem; see its logs if it lasts';
  }
  return 'check the URL, "headers" and "auth"';
}

/** A longer wait is taken for a mistake, or for an attempt to silence a source. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

function limited(waitMs: number): number {
  return Math.min(Math.max(waitMs, 0), MAX_WAIT_MS);
}

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or a
 * date. Gives milliseconds from `now`: at most 24 hours, 0 for a negative number
 * or a time in the past, undefined for anything else.
 */
export function parseRetryAfter(value: string, now: Date): number | undefined {
  if (/^-?\d+$/.test(value)) {
    return limited(Number(value) * 1000);
  }
  const date = new Date(value);
  // `Date` reads far more than the dates of HTTP, which it writes itself.
  return value.endsWith(' GMT') && date.toUTCString() === value
    ? limited(date.getTime() - now.getTime())
    : undefined;
}

/** From here on, a number of seconds is a point in time: 2001, or a wait of 32 years. */
const EPOCH_SECONDS = 1e9;
/** From here on, it is in milliseconds. */
const EPOCH_MILLISECONDS = 1e12;

/**
 * Reads the wait of a rate limit, in milliseconds from `now`, at most 24 hours.
 *
 * Most answers have `RateLimit-Reset` or `X-RateLimit-Reset`. They count only
 * with 429, and where nothing remains. Their value is in seconds, from now on or
 * since 1970.
 */
export function parseRateLimit(
  { status, headers }: Answer,
  now: Date,
): number | undefined {
  const isExceeded =
    status === 429 || readNumber(headers, 'ratelimit-remaining') === 0;
  const reset = readNumber(headers, 'ratelimit-reset');
  if (!isExceeded || reset === undefined) {
    return undefined;
  }
  if (reset < EPOCH_SECONDS) {
    return limited(Math.ceil(reset * 1000));
  }
  const time = reset < EPOCH_MILLISECONDS ? reset * 1000 : reset;
  return limited(Math.ceil(time - now.getTime()));
}

/** Azure DevOps says in `X-RateLimit-Delay` by how many seconds it slows down. */
function parseDelay(headers: Headers): number | undefined {
  const delay = readNumber(headers, 'ratelimit-delay');
  return delay === undefined ? undefined : limited(Math.ceil(delay * 1000));
}

function readNumber(headers: Headers, name: string): number | undefined {
  const values = [name, `x-${name}`].map(key => headers.get(key)?.trim());
  const value = values.find(text => text && /^\d+(\.\d+)?$/.test(text));
  return value === undefined ? undefined : Number(value);
}
