import type { Knex } from 'knex';
import { toText } from '../../database/columns';
import { TOKENS_TABLE } from './tables';

/**
 * Binds a token to what it is used for, or finds out whether it was bound to
 * that already. Of two requests at the same moment one inserts the row, and the
 * other finds it.
 */
export async function bindToken(options: {
  knex: Knex;
  /** Hash of what its issuer signed. */
  token: string;
  /** Hash of the request. */
  usedFor: string;
  /** When it is refused for its age. */
  endsAt: Date;
}): Promise<boolean> {
  const { knex, token, usedFor, endsAt } = options;
  const inserted = await knex(TOKENS_TABLE)
    .insert({ token, used_for: usedFor, ends_at: toText(endsAt) })
    .onConflict('token')
    .ignore()
    .returning('token');
  if (inserted.length > 0) {
    return true;
  }
  const row = await knex(TOKENS_TABLE).where({ token }).first('used_for');
  return row?.used_for === usedFor;
}
