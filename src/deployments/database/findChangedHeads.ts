import type { Knex } from 'knex';
import { databaseTime, toDate, toText } from '../../database/time';
import type { ChangedHeads } from '../deployment';
import { HEAD_COLUMNS, HEAD_KEY, HEADS_TABLE, toHead } from './rows';

/** Few enough that to read them stops nothing else for long. */
const AT_ONCE = 2000;

/**
 * The heads that were written since, or all. One that is written meanwhile may
 * be missing, and is found by the next look, which goes back further.
 */
export async function findChangedHeads(options: {
  knex: Knex;
  since?: Date;
}): Promise<ChangedHeads> {
  const first = await readPage(options);
  const heads = first.rows.map(toHead);
  let { rows } = first;
  while (rows.length === AT_ONCE) {
    ({ rows } = await readPage(options, rows.at(-1)));
    for (const row of rows) {
      heads.push(toHead(row));
    }
  }
  return { heads, at: first.at };
}

/** With the time when the statement began, whether there are rows or not. */
async function readPage(
  { knex, since }: { knex: Knex; since?: Date },
  last?: any,
): Promise<{ at: Date; rows: any[] }> {
  const key = since ? ['changed_at', ...HEAD_KEY] : HEAD_KEY;
  const rows = await knex
    .from(
      knex.raw(`(select ${databaseTime(knex, 'statement')} as looked_at) as t`),
    )
    .leftJoin(nextHeads({ knex, since, key, last }).as('h'), join =>
      join.on(knex.raw('true')),
    )
    .orderBy(key);
  const [{ looked_at: at, delivery_id: found }] = rows;
  return { at: toDate(at), rows: found === null ? [] : rows };
}

/** In the order of the index that finds them, so that few are found quickly. */
function nextHeads(options: {
  knex: Knex;
  since?: Date;
  key: string[];
  last?: any;
}): Knex.QueryBuilder {
  const { knex, since, key, last } = options;
  const query = knex(HEADS_TABLE)
    .select('changed_at', ...HEAD_COLUMNS)
    .orderBy(key)
    .limit(AT_ONCE);
  if (since) {
    query.where('changed_at', '>=', toText(since));
  }
  if (last) {
    query.whereRaw(
      `(${key.join(', ')}) > (${key.map(() => '?').join(', ')})`,
      key.map(column => last[column]),
    );
  }
  return query;
}
