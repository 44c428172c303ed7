/** More than a day is taken for a mistake, as with `Retry-After`. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

/** From here on a number of seconds is a point in time: 2001, or a wait of 32 years. */
const EPOCH_SECONDS = 1e9;
/** From here on it is in milliseconds. */
const EPOCH_MILLISECONDS = 1e12;

/**
 * How long a rate limit asks to wait, in milliseconds from `now`, at most 24
 * hours, or undefined where it does not.
 *
 * `RateLimit-Reset` and `X-RateLimit-Reset` are on most answers and count only
 * where the limit was met: with 429, and with 403 where nothing remains. Their
 * value is in seconds, from now on or since 1970.
 */
export function parseRateLimit(
  response: { status: number; headers: Headers },
  now: Date,
): number | undefined {
  const { status, headers } = response;
  const isMet =
    status === 429 ||
    (status === 403 && read(headers, 'ratelimit-remaining') === 0);
  const reset = read(headers, 'ratelimit-reset');
  if (!isMet || reset === undefined) {
    return undefined;
  }
  return Math.min(Math.max(toWait(reset, now), 0), MAX_WAIT_MS);
}

function toWait(reset: number, now: Date): number {
  if (reset < EPOCH_SECONDS) {
    return Math.ceil(reset * 1000);
  }
  const time = reset < EPOCH_MILLISECONDS ? reset * 1000 : reset;
  return Math.ceil(time - now.getTime());
}

function read(headers: Headers, name: string): number | undefined {
  const values = [name, `x-${name}`].map(key => headers.get(key)?.trim());
  const value = values.find(text => text && /^\d+(\.\d+)?$/.test(text));
  return value === undefined ? undefined : Number(value);
}
