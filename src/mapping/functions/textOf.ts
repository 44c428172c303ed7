import { FunctionError } from './FunctionError';

const LONGEST_TEXT = 10_000;

/** An argument that is a text, or a number or boolean written out; undefined where there is none. */
export function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value === 'object' || typeof value === 'function') {
    throw new FunctionError(
      `${name} takes a text, not ${
        Array.isArray(value) ? 'a list' : 'an object'
      }`,
      value,
    );
  }
  const text = String(value);
  if (text.length > LONGEST_TEXT) {
    throw new FunctionError(
      `${name} takes a text of at most ${LONGEST_TEXT} characters, not of ${text.length}`,
      text,
    );
  }
  return text;
}
