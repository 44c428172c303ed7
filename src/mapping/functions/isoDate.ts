import { FunctionError, textOf } from './textOf';

/** Smaller numbers are seconds (up to the year 5138), the others milliseconds. */
const MIN_MILLISECONDS = 1e11;

/** RFC 3339, or extended ISO 8601. A date alone means midnight in UTC. */
const DATE = /^(\d{4}-\d\d-\d\d)$/;
const TIME =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;

/** A time as ISO 8601 text in UTC. */
export function isoDate(value: unknown): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  const millis =
    typeof value === 'number'
      ? fromNumber(value)
      : fromText(textOf('$isoDate', value)!.trim());
  const iso =
    millis === undefined || Math.abs(millis) > 8.64e15
      ? ''
      : new Date(millis).toISOString();
  if (!/^\d{4}-/.test(iso)) {
    throw new FunctionError(
      '$isoDate takes seconds or milliseconds since 1970, or a text such as "2025-03-02T10:00:00Z", with its offset from UTC, or "2025-03-02"',
      value,
    );
  }
  return iso;
}

function fromNumber(value: number): number {
  return Math.abs(value) < MIN_MILLISECONDS ? value * 1000 : value;
}

function fromText(text: string): number | undefined {
  const [, day] = DATE.exec(text) ?? [];
  if (day) {
    return utcMillis(day, '00:00', '00', '0');
  }
  const match = TIME.exec(text);
  if (!match) {
    return undefined;
  }
  const [, date, minutes, seconds = '00', fraction = '0', sign, ...offset] =
    match;
  const [offsetHours, offsetMinutes] = offset.map(part => Number(part ?? 0));
  if (offsetHours > 23 || offsetMinutes > 59) {
    return undefined;
  }
  const local = utcMillis(date, minutes, seconds, fraction);
  const shift = (offsetHours * 60 + offsetMinutes) * 60_000;
  return local === undefined || !sign
    ? local
    : local - (sign === '-' ? -shift : shift);
}

/** Undefined for a day or an hour that does not exist, such as 30 February. */
function utcMillis(
  date: string,
  minutes: string,
  seconds: string,
  fraction: string,
): number | undefined {
  const text = `${date}T${minutes}:${seconds}.${fraction
    .padEnd(3, '0')
    .slice(0, 3)}Z`;
  const millis = Date.parse(text);
  return !Number.isNaN(millis) && new Date(millis).toISOString() === text
    ? millis
    : undefined;
}
