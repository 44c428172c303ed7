import type { Knex } from 'knex';

/**
 * Has every connection of the pool tell PostgreSQL's statistics what it wrote;
 * by itself each does so only once it has been idle for a while.
 */
export async function flushRowStatistics(knex: Knex): Promise<void> {
  const { pool } = knex.client;
  const open = pool.numUsed() + pool.numFree();
  const connections = await Promise.all(
    Array.from({ length: open }, () => knex.client.acquireConnection()),
  );
  for (const connection of connections) {
    await knex.raw('select pg_stat_force_next_flush()').connection(connection);
    await knex.client.releaseConnection(connection);
  }
}
