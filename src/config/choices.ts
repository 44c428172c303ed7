import { z } from 'zod';
import { parse } from './fault';
import { isObject, quote, text } from './values';

const typed = z.looseObject({ type: text() });

/** A map whose `type` says which of several maps it is. */
export function choiceByType<T extends Record<string, z.ZodType>>(schemas: T) {
  const known = Object.keys(schemas);
  return z.any().transform((value, ctx): z.output<T[keyof T]> => {
    const schema =
      isObject(value) &&
      typeof value.type === 'string' &&
      Object.hasOwn(schemas, value.type)
        ? schemas[value.type]
        : typed.refine(() => false, {
            // Not quoted: a secret may have slipped into its place.
            error: `is not one of ${known.map(quote).join(', ')}`,
            path: ['type'],
          });
    const parsed = parse<unknown>(schema, value, []);
    if (parsed.type === 'faulty') {
      for (const { path, reason } of parsed.faults) {
        ctx.addIssue({ code: 'custom', path: [...path], message: reason });
      }
      return z.NEVER;
    }
    return parsed.value as z.output<T[keyof T]>;
  });
}
