import type { Knex } from 'knex';
import { isAmong, readTexts } from '../../database/bulk';
import { toDate } from '../../database/time';
import { inChunks } from '../../lib/inChunks';
import type {
  RecordMark,
  RecordState,
  StoredContribution,
  StoredRecords,
} from './SyncStore';

const MARKS_AT_ONCE = 5000;
const RECORDS_AT_ONCE = 1000;

/** The marks of all of a source's records, in batches. */
export async function* readMarks(
  knex: Knex,
  source: string,
): AsyncGenerator<RecordMark[]> {
  let marks: RecordMark[] = [];
  do {
    const query = knex('custom_data_records')
      .where({ source })
      .orderBy('record_id')
      .limit(MARKS_AT_ONCE);
    const last = marks.at(-1);
    const rows = await readTexts(
      knex,
      ['record_id', 'bytes_hash', 'raw_hash', 'state'],
      last ? query.andWhere('record_id', '>', last.recordId) : query,
    );
    marks = rows.map(toMark);
    yield marks;
  } while (marks.length === MARKS_AT_ONCE);
}

function toMark([recordId, bytesHash, rawHash, state]: string[]): RecordMark {
  return {
    recordId,
    bytesHash: bytesHash || undefined,
    rawHash,
    state: state as RecordState,
  };
}

/** What is stored of some records. */
export async function readRecords(
  knex: Knex,
  source: string,
  recordIds: string[],
): Promise<StoredRecords> {
  const stored: StoredRecords = {
    records: new Map(),
    contributions: new Map(),
  };
  for (const ids of inChunks(recordIds, RECORDS_AT_ONCE)) {
    const records = await knex('custom_data_records')
      .where({ source })
      .andWhere(isAmong(knex, 'record_id', ids));
    for (const row of records) {
      stored.records.set(row.record_id, {
        recordId: row.record_id,
        observedAt: toDate(row.observed_at as string),
        bytesHash: row.bytes_hash ?? undefined,
        rawHash: row.raw_hash,
        state: row.state,
        missingSince: toDate(row.missing_since),
      });
    }
    const contributions = await knex('custom_data_contributions')
      .select('record_id', 'entity_ref', 'hash')
      .where({ source })
      .andWhere(isAmong(knex, 'record_id', ids));
    for (const row of contributions) {
      append(stored.contributions, {
        recordId: row.record_id,
        entityRef: row.entity_ref,
        hash: row.hash,
      });
    }
  }
  return stored;
}

function append(
  contributions: Map<string, StoredContribution[]>,
  contribution: StoredContribution,
): void {
  const others = contributions.get(contribution.recordId);
  if (others) {
    others.push(contribution);
  } else {
    contributions.set(contribution.recordId, [contribution]);
  }
}
