import type { Knex } from 'knex';

/**
 * Has a test do something before each statement, such as to fail it or to have
 * it wait, also in transactions. The function returned ends that.
 */
export function beforeQueries(
  knex: Knex,
  hook: (sql: string) => void | Promise<void>,
): () => void {
  const prototype = Object.getPrototypeOf(knex.client);
  const query = prototype._query;
  prototype._query = async function hooked(
    connection: unknown,
    statement: { sql: string },
  ) {
    await hook(statement.sql);
    return query.call(this, connection, statement);
  };
  return () => {
    prototype._query = query;
  };
}
