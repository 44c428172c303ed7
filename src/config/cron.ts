/** What the fields may hold, from the seconds, which may be left out, to the day of the week. */
const RANGES = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
];
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAYS = 'sun mon tue wed thu fri sat'.split(' ');
const PRESET =
  /^@(yearly|monthly|weekly|daily|hourly|minutely|secondly|weekdays|weekends)$/;

/**
 * Whether Backstage's scheduler will take it. The scheduler throws at an
 * expression that it cannot read, which would cost the whole backend its start.
 */
export function isCron(value: unknown): value is string {
  if (typeof value !== 'string') {
    return false;
  }
  const fields = value.toLowerCase().trim().split(/\s+/);
  if (fields.length === 1) {
    return PRESET.test(value.toLowerCase());
  }
  const ranges = RANGES.slice(RANGES.length - fields.length);
  return (
    (fields.length === 5 || fields.length === 6) &&
    fields.every((field, index) =>
      field.split(',').every(part => isPart(part, ranges[index])),
    )
  );
}

function isPart(part: string, [low, high]: number[]): boolean {
  const match = part
    .replace(/[a-z]{3}/g, toNumber)
    .replace(/^\*/, `${low}-${high}`)
    .match(/^(\d+)(?:-(\d+))?(?:\/(\d+))?$/);
  if (!match) {
    return false;
  }
  const from = Number(match[1]);
  const to = Number(match[2] ?? from);
  const step = Number(match[3] ?? 1);
  return from >= low && from <= to && to <= high && step > 0;
}

function toNumber(name: string): string {
  if (MONTHS.includes(name)) {
    return String(MONTHS.indexOf(name) + 1);
  }
  return DAYS.includes(name) ? String(DAYS.indexOf(name)) : name;
}
