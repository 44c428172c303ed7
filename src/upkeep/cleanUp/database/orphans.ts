import type { Knex } from 'knex';
import { insertRows, isAmong } from '../../../database/bulk';
import { toText } from '../../../database/columns';

const TABLE = 'custom_data_orphans';

/** Since when each orphan is known; one that is not noted yet has no entry. */
export async function readOrphansSince({
  knex,
}: {
  knex: Knex;
}): Promise<Map<string, string>> {
  const rows: any[] = await knex(TABLE).select('entity_ref', 'since');
  return new Map(rows.map(row => [row.entity_ref, row.since]));
}

/** Notes which orphans there are now. Those that are none any more are forgotten. */
export async function noteOrphans(options: {
  knex: Knex;
  entityRefs: string[];
  now: Date;
}): Promise<void> {
  const { knex, entityRefs, now } = options;
  await knex(TABLE).whereNot(isAmong(knex, 'entity_ref', entityRefs)).delete();
  await insertRows({
    tx: knex,
    table: TABLE,
    key: ['entity_ref'],
    rows: entityRefs.map(ref => ({ entity_ref: ref, since: toText(now) })),
  });
}
