import { SourceError } from '../../lib/errors';
import { describeTarget, type RequestTarget } from './requestTarget';

/**
 * A `SourceError` of code `status`, with the wait that the server asked for in
 * `Retry-After` or in the headers of a rate limit.
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
 * Reads `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or an
 * HTTP-date. Gives milliseconds from `now`: at most 24 hours, 0 for a negative
 * number or a time in the past, undefined for anything else.
 */
export function parseRetryAfter(value: string, now: Date): number | undefined {
  if (/^-?\d+$/.test(value)) {
    return limited(Number(value) * 1000);
  }
  const time = parseHttpDate(value, now);
  return time === undefined ? undefined : limited(time - now.getTime());
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const MONTH = `(?<month>${MONTHS.join('|')})`;
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
/** 60 is a leap second. */
const TIME = '(?<minute>\\d{2}:\\d{2}):(?<second>[0-5]\\d|60)';

/** HTTP-date: IMF-fixdate, RFC 850, asctime (RFC 9110, section 5.6.7). */
const HTTP_DATES = [
  `^${DAY}, (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
  `^${LONG_DAY}, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`,
  `^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
].map(pattern => new RegExp(pattern));

function parseHttpDate(value: string, now: Date): number | undefined {
  const match = HTTP_DATES.map(pattern => pattern.exec(value)).find(Boolean);
  if (!match?.groups) {
    return undefined;
  }
  const { year, month, day, minute, second } = match.groups;
  const monthNumber = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  const date = `${fullYear(year, now)}-${monthNumber}-${day.replace(' ', '0')}`;
  const start = new Date(`${date}T${minute}Z`);
  // 30 February has become 2 March, and 24:00 the next day.
  return Number.isNaN(start.getTime()) || !start.toISOString().startsWith(date)
    ? undefined
    : start.getTime() + Number(second) * 1000;
}

/**
 * A year of two digits is the last such year that is at most 50 years ahead
 * (RFC 9110, section 5.6.7).
 */
function fullYear(digits: string, now: Date): string {
  if (digits.length === 4) {
    return digits;
  }
  const latest = now.getUTCFullYear() + 50;
  return String(latest - ((latest - Number(digits)) % 100));
}

/** From here on, a number of seconds is a point in time: 2001, or a wait of 32 years. */
const EPOCH_SECONDS = 1e9;
/** From here on, it is in milliseconds. */
const EPOCH_MILLISECONDS = 1e12;

/**
 * Reads the wait of a rate limit, in milliseconds from `now`, at most 24 hours.
 *
 * Most answers have `RateLimit-Reset` or `X-RateLimit-Reset`. They count only
 * where the limit was exceeded: with 429, and with 403 where nothing remains.
 * Their value is in seconds, from now on or since 1970.
 */
export function parseRateLimit(
  response: { status: number; headers: Headers },
  now: Date,
): number | undefined {
  const { status, headers } = response;
  const isExceeded =
    status === 429 ||
    (status === 403 && readNumber(headers, 'ratelimit-remaining') === 0);
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

function readNumber(headers: Headers, name: string): number | undefined {
  const values = [name, `x-${name}`].map(key => headers.get(key)?.trim());
  const value = values.find(text => text && /^\d+(\.\d+)?$/.test(text));
  return value === undefined ? undefined : Number(value);
}
