import { z } from 'zod';
import { parse } from './fault';

/** Checks a value against the schema that its own form asks for. */
export function chosenBy<T>(choose: (value: unknown) => z.ZodType<T>) {
  return z.any().transform((value, ctx): T => {
    const parsed = parse(choose(value), value, []);
    if (parsed.type === 'faulty') {
      for (const { path, reason } of parsed.faults) {
        ctx.addIssue({ code: 'custom', path: [...path], message: reason });
      }
      return z.NEVER;
    }
    return parsed.value;
  });
}
