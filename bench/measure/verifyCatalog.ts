import type { Knex } from 'knex';
import type { ListState } from '../api/process';
import { revisionMark } from '../api/registry';

/** Makes sure that the catalog has got what the list has: a run that did not do its work is no measurement. */
export async function verifyCatalog(
  knex: Knex,
  list: ListState,
): Promise<void> {
  const [found] = await knex('refresh_state')
    .where('entity_ref', 'like', 'component:%')
    .select(
      knex.raw('count(*)::int as entities'),
      knex.raw(
        'count(*) filter (where unprocessed_entity like ?)::int as newest',
        [`%${revisionMark(list.revision)}%`],
      ),
    );
  if (found.entities !== list.records || found.newest !== list.newest) {
    throw new Error(
      `The catalog has ${found.entities} entities, ${found.newest} of them of revision ${list.revision}; the list has ${list.records} and ${list.newest}`,
    );
  }
}
