import { z } from 'zod';
import { list, map } from './containers';
import { parse } from './fault';
import { text } from './values';

/** A parameter as YAML or an environment variable gives it. Never quoted: it may be a key. */
const single = z.preprocess(
  value =>
    typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : value,
  text(),
);
const several = list(single);

const values = z.any().transform((value, ctx): string | string[] => {
  const parsed = parse<string | string[]>(
    Array.isArray(value) ? several : single,
    value,
    [],
  );
  if (parsed.type === 'faulty') {
    for (const { path, reason } of parsed.faults) {
      ctx.addIssue({ code: 'custom', path: [...path], message: reason });
    }
    return z.NEVER;
  }
  return parsed.value;
});

/** Query parameters: a value, or a list of them for one that is given several times. */
export const query = map(values);
