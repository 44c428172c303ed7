import type { Knex } from 'knex';
import type { Contribution, StoredSource } from '../../model/sync';
import { toDate } from '../time';

/** What is stored of a source, or of one of its records. */
export async function readStored(options: {
  knex: Knex;
  source: string;
  recordId?: string;
}): Promise<StoredSource> {
  const { knex, source, recordId } = options;
  const where =
    recordId === undefined ? { source } : { source, record_id: recordId };
  const records = await knex('custom_data_records').where(where);
  const contributions = await knex('custom_data_contributions')
    .select('record_id', 'entity_ref', 'entity', 'hash')
    .where(where);
  return {
    records: new Map(
      records.map(row => [
        row.record_id,
        {
          recordId: row.record_id,
          observedAt: toDate(row.observed_at as string),
          rawHash: row.raw_hash,
          state: row.state,
          missingSince: toDate(row.missing_since),
        },
      ]),
    ),
    contributions: byRecord(contributions),
  };
}

function byRecord(
  rows: Array<{
    record_id: string;
    entity_ref: string;
    entity: string;
    hash: string;
  }>,
): Map<string, Contribution[]> {
  const result = new Map<string, Contribution[]>();
  for (const row of rows) {
    const contribution = {
      recordId: row.record_id,
      entityRef: row.entity_ref,
      entity: row.entity,
      hash: row.hash,
    };
    const others = result.get(row.record_id);
    if (others) {
      others.push(contribution);
    } else {
      result.set(row.record_id, [contribution]);
    }
  }
  return result;
}
