/** The tables keep times as ISO 8601 in UTC, 24 characters. */
export function toText(date: Date): string {
  return date.toISOString();
}

export function toDate(text: string): Date;
export function toDate(text: string | null): Date | undefined;
export function toDate(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}

const UNSAFE = /[\0\p{Surrogate}]/gu;

/**
 * Replaces what PostgreSQL takes in no text: NUL and halves of surrogate pairs.
 * Texts from outside may have them.
 */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, '\uFFFD');
}

/**
 * Runs a database operation whose values must not reach the log. Knex puts the
 * statement with its values into the message of an error; the error that is
 * thrown instead has only the database's code.
 */
export async function redactValues<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw redactError(error);
  }
}

/** One of these may pass through `redactValues` twice. */
class RedactedError extends Error {}

function redactError(error: unknown): Error {
  if (error instanceof RedactedError) {
    return error;
  }
  const { code, name } = error as { code?: unknown; name?: unknown };
  return new RedactedError(`The database failed with "${code ?? name}"`);
}
