import { z } from 'zod';
import { describeUnknownKey } from './nearest';
import { isObject } from './values';

/*
 * An environment variable that is not set takes the key or the list member with
 * it, and leaves a list or map behind that is present and empty. So empty means
 * that something is missing, never "none".
 */
const EMPTY =
  'is present and empty; set what belongs there or remove the key (an environment variable that is not set makes its key vanish)';

function notEmpty<T extends z.ZodType>(schema: T) {
  return z.preprocess((value, ctx) => {
    const empty = Array.isArray(value)
      ? value.length === 0
      : isObject(value) && Object.keys(value).length === 0;
    if (empty) {
      ctx.addIssue({ code: 'custom', message: EMPTY });
      return z.NEVER;
    }
    return value;
  }, schema);
}

/**
 * A map of known keys; one that is not known is a fault that names the nearest.
 * Where a key is required, a map without it is told what is missing instead.
 */
export function block<T extends z.core.$ZodLooseShape>(shape: T) {
  const known = Object.keys(shape);
  const schema = z.looseObject(shape).superRefine(
    (value, ctx) => {
      for (const key of Object.keys(value)) {
        if (!known.includes(key)) {
          const message = describeUnknownKey(key, known);
          ctx.addIssue({ code: 'custom', path: [key], message });
        }
      }
    },
    // Also where other keys are at fault, so that all are told at once.
    { when: ({ value }) => isObject(value) },
  );
  return schema.safeParse({}).success ? notEmpty(schema) : schema;
}

/** A map whose keys are the user's. */
export function map<T extends z.ZodType>(value: T) {
  return notEmpty(z.record(z.string(), value));
}

export function list<T extends z.ZodType>(member: T) {
  return notEmpty(z.array(member));
}
