import type { Knex } from 'knex';

const READS_TABLE = 'custom_data_read_state';
const REFS_TABLE = 'custom_data_read_refs';

/** Deletes what is known of records that no location has read for so long. */
export async function deleteOldReads(options: {
  knex: Knex;
  before: string;
}): Promise<number> {
  const { knex, before } = options;
  return knex.transaction(async tx => {
    const deleted: number = await tx(READS_TABLE)
      .whereRaw("coalesce(fetched_at, '') < ?", before)
      .whereRaw("coalesce(retry_at, '') < ?", before)
      .delete();
    if (deleted > 0) {
      await tx(REFS_TABLE)
        .whereNotExists(
          tx(`${READS_TABLE} as s`)
            .whereRaw(
              `s.source = ${REFS_TABLE}.source and s.record_id = ${REFS_TABLE}.record_id`,
            )
            .select(tx.raw('1')),
        )
        .delete();
    }
    return deleted;
  });
}
