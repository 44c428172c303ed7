import type { Knex } from 'knex';
import { isPostgres } from '../../database/bulk';
import { toText } from '../../database/columns';
import { DELIVERIES_TABLE } from './deliveryRow';
import { lockDeliveries } from './lockDeliveries';

/** Keeps the claim of deliveries for longer, but for those that have passed to another. */
export async function extendClaim(options: {
  knex: Knex;
  ticket: string;
  ids: string[];
  until: Date;
}): Promise<void> {
  const { knex, ticket, ids, until } = options;
  await knex(DELIVERIES_TABLE)
    .where(
      isOneOf(
        knex,
        lockDeliveries(knex, ids).where({ ticket }).select('sequence'),
      ),
    )
    .update({ due_at: toText(until) });
}

/**
 * A condition that a row is one of those that a query of `sequence` selects. An
 * array is selected once, where a plan of `in` may select the rows, and lock
 * more of them, again and again.
 */
function isOneOf(knex: Knex, rows: Knex.QueryBuilder): Knex.Raw {
  return isPostgres(knex)
    ? knex.raw('sequence = any(array?)', [rows])
    : knex.raw('sequence in ?', [rows]);
}
