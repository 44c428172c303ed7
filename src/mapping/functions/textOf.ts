/** Why a function gives no value. The message does not contain the argument. */
export class FunctionError extends Error {
  name = 'FunctionError' as const;

  constructor(
    reason: string,
    /** The argument that the function could not use. */
    readonly value: unknown,
  ) {
    super(reason);
  }
}

const MAX_TEXT = 10_000;

/** An argument as text; undefined if it is missing or null. It may be a number or a boolean. */
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
  if (text.length > MAX_TEXT) {
    throw new FunctionError(
      `${name} takes a text of at most ${MAX_TEXT} characters, not of ${text.length}`,
      text,
    );
  }
  return text;
}
