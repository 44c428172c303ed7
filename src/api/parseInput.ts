import { InputError } from '@backstage/errors';
import { z } from 'zod';

/** Checks what a request brought; throws an `InputError` that names every fault. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new InputError(
      parsed.error.issues
        .map(
          ({ path, message }) => `${path.join('.') || 'request'}: ${message}`,
        )
        .join('; '),
    );
  }
  return parsed.data;
}
