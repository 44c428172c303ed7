/** More than a day is taken for a mistake, or for an attempt to silence a source. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const MONTH = `(?<month>${MONTHS.join('|')})`;

/** HTTP-date: IMF-fixdate, RFC 850, asctime (RFC 9110, section 5.6.7). */
const HTTP_DATES = [
  `^${DAY}, (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
  `^${LONG_DAY}, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`,
  `^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
].map(pattern => new RegExp(pattern));

/**
 * How long a server asks to be left alone, in milliseconds from `now`, at most
 * 24 hours (`Retry-After`: RFC 9110, section 10.2.3).
 *
 * The value is a number of seconds or an HTTP-date. A negative number or a time
 * gone by gives 0; what is neither gives undefined.
 */
export function parseRetryAfter(value: string, now: Date): number | undefined {
  const wait = /^-?\d+$/.test(value)
    ? Number(value) * 1000
    : millisecondsUntil(parseHttpDate(value, now), now);
  return wait === undefined
    ? undefined
    : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

function millisecondsUntil(
  time: number | undefined,
  now: Date,
): number | undefined {
  return time === undefined ? undefined : time - now.getTime();
}

function parseHttpDate(value: string, now: Date): number | undefined {
  const groups = HTTP_DATES.map(pattern => pattern.exec(value)?.groups).find(
    match => match !== undefined,
  );
  if (!groups) {
    return undefined;
  }
  const month = MONTHS.indexOf(groups.month);
  const [day, hour, minute, second] = [
    groups.day,
    groups.hour,
    groups.minute,
    groups.second,
  ].map(Number);
  // 60 is a leap second.
  if (hour > 23 || minute > 59 || second > 60) {
    return undefined;
  }
  const date = new Date(0);
  // Not Date.UTC, which takes the year 94 for 1994.
  date.setUTCFullYear(fullYear(groups.year, now), month, day);
  // 30 February has become 1 March.
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) {
    return undefined;
  }
  return date.setUTCHours(hour, minute, second);
}

/**
 * A year of two digits is the last one of them that is at most 50 years ahead
 * (RFC 9110, section 5.6.7).
 */
function fullYear(digits: string, now: Date): number {
  if (digits.length === 4) {
    return Number(digits);
  }
  const latest = now.getUTCFullYear() + 50;
  return latest - ((latest - Number(digits)) % 100);
}
