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
    const { code, name } = error as { code?: unknown; name?: unknown };
    throw new Error(`The database failed with '${code ?? name}'`);
  }
}
