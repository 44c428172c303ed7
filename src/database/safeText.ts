const UNSAFE = /[\0\p{Surrogate}]/gu;

/**
 * PostgreSQL takes no NUL and no half of a surrogate pair in a text, and what
 * comes from outside may have them.
 */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, '\uFFFD');
}

/**
 * Runs a database operation whose values are not for the log. Knex puts the
 * statement with its values into the message of an error; what is thrown
 * from here tells the database's code alone.
 */
export async function concealValues<T>(
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw withoutValues(error);
  }
}

/** What may be told of an error of the database. */
export function withoutValues(error: unknown): Error {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return new Error(`The database failed with '${code ?? name}'`);
}
