import { z } from 'zod';
import { text } from './values';

const FORMS = [z.iso.date(), z.iso.datetime({ offset: true })];

const NO_DATE =
  'is not a date, such as 2027-01-31, from the start of that day in UTC, or a date and time with its zone, such as 2027-01-31T18:00:00+01:00';

/**
 * A moment. It stands beside a secret, which may have slipped into its place,
 * and so is never quoted.
 */
export function date() {
  return text()
    .refine(value => FORMS.some(form => form.safeParse(value).success), {
      error: NO_DATE,
    })
    .transform(value => new Date(value));
}
