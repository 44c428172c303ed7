/** Units of time and their seconds, the longest first. */
export const TIME_UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Such as `3 minutes ago` or `in 2 hours`, in the language of the app. */
export function formatAge(time: Date, now: Date, language: string): string {
  const seconds = Math.round((time.getTime() - now.getTime()) / 1000);
  const [unit, size] =
    TIME_UNITS.find(([, length]) => Math.abs(seconds) >= length) ??
    TIME_UNITS[3];
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return format.format(Math.trunc(seconds / size), unit);
}
