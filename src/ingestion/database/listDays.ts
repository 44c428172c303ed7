/*
 * The days on which a source gave a whole list. How long a record is absent is
 * counted in these, so that no time counts in which the source was paused,
 * failed, gave a part of its list, or nobody asked it.
 */
import type { Knex } from 'knex';
import { toText } from '../../database/columns';
import type { Run } from './runs';

const TABLE = 'custom_data_list_days';

/** The day of a time, in UTC. */
const dayOf = (time: Date) => toText(time).slice(0, 10);

/** Notes that a run saw a whole list. Writes nothing if another run did on that day. */
export async function markListDay(options: {
  tx: Knex.Transaction;
  run: Pick<Run, 'source' | 'startedAt'>;
}): Promise<void> {
  const { tx, run } = options;
  await tx(TABLE)
    .insert({ source: run.source, day: dayOf(run.startedAt) })
    .onConflict(['source', 'day'])
    .ignore();
}

/** SQL that counts the days of a source with a whole list after a time. Both are columns. */
export function listDaysAfter(source: string, time: string): string {
  return `(select count(*) from ${TABLE} as d where d.source = ${source} and d.day > substr(${time}, 1, 10))`;
}

/** Deletes days before which nothing is counted any more. */
export async function deleteListDays(options: {
  knex: Knex;
  before: Date;
}): Promise<void> {
  const { knex, before } = options;
  const absent = knex('custom_data_records as r')
    .whereRaw(`r.source = ${TABLE}.source and r.state = 'missing'`)
    .whereRaw(`substr(r.missing_since, 1, 10) < ${TABLE}.day`)
    .select(knex.raw('1'));
  await knex(TABLE)
    .where('day', '<', dayOf(before))
    .whereNotExists(absent)
    .delete();
}
