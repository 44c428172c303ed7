import { z } from 'zod';
import { choiceByType } from './choices';
import { block } from './containers';
import { isHeaderValue } from './headers';
import type { AuthSettings } from './settings';
import { httpUrl } from './urls';
import { text } from './values';

/** What goes into an `Authorization` header. Secrets: no reason quotes one. */
const token = text()
  .transform(value => value.trim())
  .refine(value => isHeaderValue(value) && !/\s/.test(value), {
    error:
      'has a character that a token cannot have, such as a blank or a line break',
  });

const schema: z.ZodType<AuthSettings> = choiceByType({
  basic: block({
    type: z.literal('basic'),
    username: text().refine(value => !value.includes(':'), {
      error: 'has a colon, which would end it (RFC 7617)',
    }),
    password: text(),
  }),
  bearer: block({ type: z.literal('bearer'), token }),
  oauth2: block({
    type: z.literal('oauth2'),
    tokenUrl: httpUrl(),
    clientId: text(),
    clientSecret: text(),
    scope: text().optional(),
    audience: text().optional(),
  }),
});

/** How requests of a source are authenticated. */
export const auth = schema;
