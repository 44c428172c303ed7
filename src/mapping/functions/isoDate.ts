import { FunctionError, textOf } from './textOf';

/** Smaller numbers are seconds (up to the year 5138), the others milliseconds. */
const MIN_MILLISECONDS = 1e11;

/** RFC 3339, or extended ISO 8601. A date alone means midnight in UTC. */
const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-]\d\d)(?::?(\d\d))?))?$/;

/** A time as ISO 8601 text in UTC. */
export function isoDate(value: unknown): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  const time = new Date(
    typeof value === 'number'
      ? fromNumber(value)
      : fromText(textOf('$isoDate', value)!.trim()),
  );
  const iso = Number.isNaN(time.getTime()) ? '' : time.toISOString();
  // Years beyond 9999 have a sign and six digits.
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

function fromText(text: string): number {
  const match = TIME.exec(text);
  if (!match) {
    return NaN;
  }
  const [, date, clock = '00:00', seconds = '00', fraction = ''] = match;
  const [hours = '+00', minutes = '00'] = match.slice(5);
  const local = `${date}T${clock}:${seconds}.${fraction
    .padEnd(3, '0')
    .slice(0, 3)}`;
  const utc = new Date(`${local}Z`);
  // `Date` moves a day that does not exist, such as 30 February.
  return Number.isNaN(utc.getTime()) || utc.toISOString() !== `${local}Z`
    ? NaN
    : Date.parse(`${local}${hours}:${minutes}`);
}
