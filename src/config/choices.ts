import { z } from 'zod';
import { chosenBy } from './chosenBy';
import { isObject, quote, text } from './values';

const typed = z.looseObject({ type: text() });

/** A map whose `type` says which of several maps it is. */
export function choiceByType<T extends Record<string, z.ZodType>>(schemas: T) {
  const known = Object.keys(schemas);
  return chosenBy(value =>
    isObject(value) &&
    typeof value.type === 'string' &&
    Object.hasOwn(schemas, value.type)
      ? (schemas[value.type] as z.ZodType<z.output<T[keyof T]>>)
      : typed
          .refine(() => false, {
            // Not quoted: a secret may have slipped into its place.
            error: `is not one of ${known.map(quote).join(', ')}`,
            path: ['type'],
          })
          .transform(() => z.NEVER),
  );
}
