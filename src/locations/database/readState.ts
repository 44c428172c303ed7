import type { Knex } from 'knex';
import { safeText } from '../../database/safeText';
import { toDate, toText } from '../../database/time';
import type {
  ReadState,
  ReadStateStore,
} from '../../ingestion/database/SyncStore';
import { fromValidators, toValidators } from '../../sources/validators';

const TABLE = 'custom_data_read_state';
const REFS = 'custom_data_read_refs';

/** What the processor knows of the records that locations read. */
export function createReadStateStore(options: { knex: Knex }): ReadStateStore {
  const { knex } = options;
  return {
    get: async (source, recordId) => {
      const row = await knex(TABLE)
        .where({ source, record_id: recordId })
        .first();
      return row && toReadState(row);
    },
    saveRead: read => saveRead(knex, read),
    saveFailure: failure => saveFailure(knex, failure),
    invalidate: async (source, recordId, now) => {
      const rows = await knex(TABLE)
        .where({ source, record_id: recordId })
        .update({ invalidated_at: toText(now) });
      return rows > 0;
    },
    recordsOf: async entityRef => {
      const rows = await knex(REFS)
        .select('source', 'record_id')
        .where({ entity_ref: entityRef });
      return rows.map(row => ({ source: row.source, recordId: row.record_id }));
    },
  };
}

interface ReadStateRow {
  fingerprint: string;
  etag: string | null;
  last_modified: string | null;
  entities: string | null;
  fetched_at: string | null;
  invalidated_at: string | null;
  failures: number;
  failed_fingerprint: string | null;
  retry_at: string | null;
  error: string | null;
}

function toReadState(row: ReadStateRow): ReadState {
  return {
    fingerprint: row.fingerprint,
    validators: toValidators(row),
    entities: row.entities === null ? undefined : JSON.parse(row.entities),
    fetchedAt: toDate(row.fetched_at),
    invalidatedAt: toDate(row.invalidated_at),
    failures: row.failures,
    failedFingerprint: row.failed_fingerprint ?? undefined,
    retryAt: toDate(row.retry_at),
    error: row.error ?? undefined,
  };
}

async function saveRead(
  knex: Knex,
  read: Parameters<ReadStateStore['saveRead']>[0],
): Promise<void> {
  const { source, recordId } = read;
  await knex.transaction(async tx => {
    await tx(TABLE)
      .insert({
        source,
        record_id: recordId,
        fingerprint: read.fingerprint,
        ...fromValidators(read.validators),
        entities: JSON.stringify(read.entities),
        fetched_at: toText(read.fetchedAt),
        failures: 0,
        failed_fingerprint: null,
        retry_at: null,
        error: null,
      })
      .onConflict(['source', 'record_id'])
      .merge();
    await tx(REFS).where({ source, record_id: recordId }).delete();
    for (const entityRef of read.entityRefs) {
      await tx(REFS).insert({
        source,
        record_id: recordId,
        entity_ref: entityRef,
      });
    }
  });
}

async function saveFailure(
  knex: Knex,
  failure: Parameters<ReadStateStore['saveFailure']>[0],
): Promise<void> {
  const { source, recordId } = failure;
  const columns = {
    failures: failure.failures,
    failed_fingerprint: failure.fingerprint,
    retry_at: toText(failure.retryAt),
    error: safeText(failure.error),
  };
  await knex(TABLE)
    .insert({
      source,
      record_id: recordId,
      fingerprint: failure.fingerprint,
      ...columns,
    })
    .onConflict(['source', 'record_id'])
    .merge(columns);
}
