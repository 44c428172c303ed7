import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { isObject, quoteValue } from '../lib/values';
import {
  type ConfigPath,
  describeUnknownKey,
  parse,
  type Parsed,
} from './messages';

/** Whether a map has no keys, or a string nothing but blanks. */
export function isEmpty(value: Record<string, unknown> | string): boolean {
  return typeof value === 'string'
    ? value.trim() === ''
    : Object.keys(value).length === 0;
}

/** A string that is not blank. */
export function text() {
  return z.string().refine(value => !isEmpty(value), {
    error: 'is empty; an environment variable may be set to nothing',
    abort: true,
  });
}

/** A string that passes a check; `expected` says what it should be. */
export function textThat(
  isValid: (value: string) => boolean,
  expected: string,
) {
  return checkedText(value =>
    isValid(value) ? undefined : `is not ${expected}`,
  );
}

/** A string; `faultOf` says what is wrong with it, if anything. The reason quotes it. */
export function checkedText(faultOf: (value: string) => string | undefined) {
  return describedText(value => {
    const fault = faultOf(value);
    return fault && `${quoteValue(value)} ${fault}`;
  });
}

/** A string; `describe` gives the whole reason where something is wrong with it. */
export function describedText(describe: (value: string) => string | undefined) {
  return text().refine(value => describe(value) === undefined, {
    error: issue => describe(issue.input as string),
  });
}

/** A value of any type; `describe` says what is wrong with it, if anything. */
export function checked<T>(describe: (value: unknown) => string | undefined) {
  return z.custom<T>(value => describe(value) === undefined, {
    error: issue => describe(issue.input),
  });
}

/** What `read` makes of a value; a string says what is wrong with it. */
export function readBy<T extends object>(read: (value: unknown) => T | string) {
  return z.any().transform((value, ctx): T => {
    const result = read(value);
    if (typeof result === 'string') {
      ctx.addIssue({ code: 'custom', message: result });
      return z.NEVER;
    }
    return result;
  });
}

const word = z.string().trim().pipe(z.stringbool());

/** True or false; as a string too, which is what an environment variable gives. */
export function flag() {
  return z.preprocess(
    value => word.safeParse(value).data ?? value,
    z.boolean(),
  );
}

/** A number in a range; as a string too, which is what an environment variable gives. */
export function numberIn(min: number, max: number) {
  return checkedNumber(
    value => value >= min && value <= max,
    `a number from ${min} to ${max}`,
  );
}

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  return checkedNumber(
    value => Number.isInteger(value) && value >= min && value <= max,
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`,
  );
}

function checkedNumber(isValid: (value: number) => boolean, expected: string) {
  return z.preprocess(toNumber, z.number()).refine(isValid, {
    error: issue => `${quoteValue(issue.input)} is not ${expected}`,
  });
}

function toNumber(value: unknown): unknown {
  const number =
    typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isNaN(number) ? value : number;
}

/** A map of known keys. An unknown key is a fault that names the nearest known one. */
export function block<T extends z.core.$ZodLooseShape>(shape: T) {
  const known = Object.keys(shape);
  const unknownKey = z.any().refine(() => false, {
    error: ({ path }) => describeUnknownKey(String(path?.at(-1)), known),
  });
  const schema: unknown = z.object(shape).catchall(unknownKey);
  return schema as z.ZodObject<T, z.core.$strict>;
}

/*
 * An environment variable that is not set takes its key or list member along,
 * which may leave an empty list or map behind. So empty means that something is
 * missing, never "none".
 */
const EMPTY =
  'is present and empty; set what belongs there or remove the key (an environment variable that is not set makes its key vanish)';

/** Keys of another kind of block, with the reason why they are not for this one. */
export function refusedKeys<Key extends string>(keys: Key[], error: string) {
  const refused = z.never({ error }).optional();
  return Object.fromEntries(keys.map(key => [key, refused])) as Record<
    Key,
    typeof refused
  >;
}

/** A block that may be left out, which gives each of its keys the default. */
export function optionalBlock<T extends z.ZodType>(schema: T) {
  return z
    .preprocess((value, ctx) => {
      if (isObject(value) && isEmpty(value)) {
        ctx.addIssue({ code: 'custom', message: EMPTY });
        return z.NEVER;
      }
      return value;
    }, schema)
    .default(() => schema.parse({}) as z.core.util.NoUndefined<z.output<T>>);
}

/** A map whose keys are the user's. */
export function map<T extends z.ZodType>(value: T) {
  return z
    .record(z.string(), value)
    .refine(entries => !isEmpty(entries), { error: EMPTY });
}

/** A map whose keys are the same in upper and lower case. */
export function caselessMap<T extends z.ZodType>(value: T) {
  return map(value).superRefine((entries, ctx) => {
    const lowerCase = new Set<string>();
    for (const key of Object.keys(entries)) {
      if (lowerCase.has(key.toLowerCase())) {
        const message =
          'is given twice; upper and lower case are the same here';
        ctx.addIssue({ code: 'custom', path: [key], message });
      }
      lowerCase.add(key.toLowerCase());
    }
  });
}

export function list<T extends z.ZodType>(member: T) {
  return z.array(member).min(1, { error: EMPTY });
}

/** A list in which what is repeated counts once. */
export function uniqueList<T extends z.ZodType>(member: T) {
  return list(member).transform(value => [...new Set(value)]);
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The name of a source, sender or transformer. It becomes part of URLs, keys and task ids. */
export const entryName = z.string().regex(NAME, {
  error: ({ input }) =>
    `${quoteValue(
      input,
    )} cannot be a name here; use 1 to 63 of a-z, 0-9 and "-", with a letter or digit first and last`,
});

/** What stands under a name in a map of sources or senders. */
export interface Entry {
  name: string;
  value: unknown;
  path: ConfigPath;
}

/**
 * Reads an entry. `describeConflicts` says, by key (`a.b` for a nested one),
 * what is wrong with keys beside one another. All faults are told at once.
 */
export function readEntry<T>(
  { name, value, path }: Entry,
  schema: z.ZodType<T>,
  describeConflicts: (raw: JsonObject) => Record<string, string | undefined>,
): Parsed<T> {
  const conflicts = isObject(value) ? describeConflicts(value) : {};
  const parsed = parse(schema, value, path);
  const faults = [parse(entryName, name, path), parsed].flatMap(result =>
    result.type === 'ok' ? [] : result.faults,
  );
  for (const [key, reason] of Object.entries(conflicts)) {
    if (reason !== undefined) {
      faults.push({ path: [...path, ...key.split('.')], reason });
    }
  }
  return faults.length === 0 ? parsed : { type: 'faulty', faults };
}

/** A JSONata expression alone. Whether it compiles is checked where it is used. */
export const expression = text().refine(value => !value.includes('${{'), {
  error: ({ input }) =>
    `${quoteValue(
      input,
    )} is a template; write the JSONata expression alone, without \${{ }}`,
});
