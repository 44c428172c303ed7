import { z } from 'zod';

/** A value as it may stand in a reason: in quotes and not too long. */
export function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 120 ? `${json.slice(0, 120)}…` : json;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string that is not blank. */
export function text() {
  return z.string().refine(value => value.trim() !== '', {
    error: 'is empty; an environment variable may be set to nothing',
    abort: true,
  });
}

/** A string that something says about what is wrong with it, if anything. */
export function checkedText(check: (value: string) => string | undefined) {
  return text().superRefine((value, ctx) => {
    const message = check(value);
    if (message) {
      ctx.addIssue({ code: 'custom', message });
    }
  });
}

/** True or false, or what an environment variable gives for it. */
export function flag() {
  return z.preprocess(value => {
    const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
    if (['true', 'yes', 'on', 'y', '1'].includes(word)) {
      return true;
    }
    return ['false', 'no', 'off', 'n', '0'].includes(word) ? false : value;
  }, z.boolean());
}

interface NumberRange {
  min: number;
  max?: number;
  integer?: boolean;
}

/** A number in a range, or what an environment variable gives for it. */
export function numberIn(range: NumberRange) {
  const { min, max = Number.MAX_SAFE_INTEGER, integer } = range;
  return z
    .preprocess(toNumber, z.number())
    .refine(
      value =>
        value >= min && value <= max && (!integer || Number.isInteger(value)),
      {
        error: issue => `${quote(issue.input)} is not ${describeRange(range)}`,
      },
    );
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== ''
    ? Number(value)
    : value;
}

function describeRange({ min, max, integer }: NumberRange): string {
  const what = integer ? 'a whole number' : 'a number';
  return max === undefined
    ? `${what} of at least ${min}`
    : `${what} from ${min} to ${max}`;
}
