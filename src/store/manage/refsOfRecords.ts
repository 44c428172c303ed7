import type { Knex } from 'knex';
import { isAmong } from '../bulk';

/** The refs that records of a source give, by record id. */
export async function refsOfRecords(options: {
  knex: Knex;
  source: string;
  ids: string[];
}): Promise<Map<string, string[]>> {
  const { knex, source, ids } = options;
  const refs = new Map<string, string[]>();
  if (ids.length === 0) {
    return refs;
  }
  const rows = await knex('custom_data_contributions')
    .select('record_id', 'entity_ref')
    .where({ source })
    .andWhere(isAmong(knex, 'record_id', ids));
  for (const { record_id: id, entity_ref: ref } of rows) {
    refs.set(id, [...(refs.get(id) ?? []), ref]);
  }
  return refs;
}
