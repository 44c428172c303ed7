import { z } from 'zod';
import { map } from './containers';
import { text } from './values';

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Request headers (RFC 9110, section 5). Values are secrets: no reason quotes one. */
export function headers() {
  return map(
    text()
      .refine(isHeaderValue, {
        error:
          'has a character that a header cannot have, such as a line break',
      })
      .refine(value => !/^(bearer|basic|token)$/i.test(value.trim()), {
        error:
          'names a scheme and no credentials; an environment variable may be set to nothing',
      }),
  ).superRefine(checkNames);
}

/** Whether a header can have it (RFC 9110, section 5.5). */
export function isHeaderValue(value: string): boolean {
  return VALUE.test(value.trim());
}

function checkNames(
  value: Record<string, string>,
  ctx: z.core.$RefinementCtx,
): void {
  const names = Object.keys(value);
  const lowerCase = names.map(name => name.toLowerCase());
  names.forEach((name, index) => {
    // A value may have slipped into the place of a name: it is not quoted.
    if (!NAME.test(name)) {
      const message = `the name of header ${
        index + 1
      } has a character that a header's name cannot have, such as a space`;
      ctx.addIssue({ code: 'custom', message });
    } else if (lowerCase.indexOf(name.toLowerCase()) < index) {
      const message = 'is given twice; upper and lower case are the same here';
      ctx.addIssue({ code: 'custom', message, path: [name] });
    }
  });
}
