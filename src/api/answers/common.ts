import { z } from 'zod';

export const time = z.string().meta({ format: 'date-time' });
export const text = z.string();
export const count = z.int();
export const anything = z.unknown();
export const object = z.record(text, anything);
export const severity = z.enum(['error', 'warning']);

/** A page of a list. `GET /deployments` has no total. */
export const listOf = (item: z.ZodType) =>
  z.object({
    items: z.array(item),
    totalItems: count.optional(),
    pageInfo: z.object({ nextCursor: text.optional() }),
  });

/** The beginning of a list within an answer. */
export const listed = (item: z.ZodType) =>
  z.object({ totalItems: count, items: z.array(item) });

export const error = z.object({
  error: z.looseObject({ name: text, message: text }),
  request: z.object({ method: text, url: text }).optional(),
  response: z.object({ statusCode: count }),
});
