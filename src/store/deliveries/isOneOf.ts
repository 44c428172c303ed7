import type { Knex } from 'knex';
import { isPostgres } from '../bulk';

/**
 * A condition that a row is one of those that a query of `sequence` selects. An
 * array is selected once, where a plan of `in` may select the rows, and lock
 * more of them, again and again.
 */
export function isOneOf(knex: Knex, rows: Knex.QueryBuilder): Knex.Raw {
  return isPostgres(knex)
    ? knex.raw('sequence = any(array?)', [rows])
    : knex.raw('sequence in ?', [rows]);
}
