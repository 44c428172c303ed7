import type { JsonValue } from '@backstage/types';
import { z } from 'zod';
import { map } from './containers';
import { quote } from './values';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** Look-up tables for expressions, by name: from keys to any values. */
export const tables = map(map(z.custom<JsonValue>())).superRefine(
  (value, ctx) => {
    for (const name of Object.keys(value)) {
      if (!NAME.test(name)) {
        const message = `${quote(
          name,
        )} cannot be the name of a table; use 1 to 63 of a-z, A-Z, 0-9, "_" and "-", with a letter first`;
        ctx.addIssue({ code: 'custom', path: [name], message });
      }
    }
  },
);
