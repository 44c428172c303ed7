import type { Knex } from 'knex';
import { redactValues, safeText, toDate, toText } from '../../database/columns';
import {
  fromValidators,
  toValidators,
  type Validators,
} from '../../sources/httpValidators';

export const READS_TABLE = 'custom_data_read_state';
export const REFS_TABLE = 'custom_data_read_refs';

/** What is known of a record that locations read. */
export interface ReadState {
  fingerprint: string;
  validators?: Validators;
  /** Canonical JSON of the last good entities. */
  entities?: string[];
  /** When the last good fetch began. */
  fetchedAt?: Date;
  /** When somebody asked for a new fetch. */
  invalidatedAt?: Date;
  failures: number;
  /** The fingerprint under which the reads failed. */
  failedFingerprint?: string;
  retryAt?: Date;
  error?: string;
}

interface RecordKey {
  knex: Knex;
  source: string;
  recordId: string;
}

export async function findReadState(
  options: RecordKey,
): Promise<ReadState | undefined> {
  const { knex, source, recordId } = options;
  const row = await knex(READS_TABLE)
    .where({ source, record_id: recordId })
    .first();
  return (
    row && {
      fingerprint: row.fingerprint,
      validators: toValidators(row),
      entities: row.entities === null ? undefined : JSON.parse(row.entities),
      fetchedAt: toDate(row.fetched_at),
      invalidatedAt: toDate(row.invalidated_at),
      failures: row.failures,
      failedFingerprint: row.failed_fingerprint ?? undefined,
      retryAt: toDate(row.retry_at),
      error: row.error ?? undefined,
    }
  );
}

/** Keeps a good read, and which entities it gave. */
export async function saveRead(
  options: RecordKey & {
    fingerprint: string;
    validators?: Validators;
    entities: string[];
    entityRefs: string[];
    fetchedAt: Date;
  },
): Promise<void> {
  const { knex, source, recordId, entityRefs } = options;
  const key = { source, record_id: recordId };
  const row = {
    ...key,
    fingerprint: options.fingerprint,
    ...fromValidators(options.validators),
    entities: JSON.stringify(options.entities),
    fetched_at: toText(options.fetchedAt),
    failures: 0,
    failed_fingerprint: null,
    retry_at: null,
    error: null,
  };
  await redactValues(() =>
    knex.transaction(async tx => {
      await tx(READS_TABLE)
        .insert(row)
        .onConflict(['source', 'record_id'])
        .merge();
      await tx(REFS_TABLE).where(key).delete();
      for (const entityRef of entityRefs) {
        await tx(REFS_TABLE).insert({ ...key, entity_ref: entityRef });
      }
    }),
  );
}

/** Keeps a failure, beside the last good read. */
export async function saveFailedRead(
  options: RecordKey & {
    fingerprint: string;
    failures: number;
    retryAt: Date;
    error: string;
  },
): Promise<void> {
  const { knex, source, recordId, fingerprint } = options;
  const columns = {
    failures: options.failures,
    failed_fingerprint: fingerprint,
    retry_at: toText(options.retryAt),
    error: safeText(options.error),
  };
  await redactValues(async () =>
    knex(READS_TABLE)
      .insert({ source, record_id: recordId, fingerprint, ...columns })
      .onConflict(['source', 'record_id'])
      .merge(columns),
  );
}

/** Has the next read of a record fetch it. */
export async function invalidateRead(
  options: RecordKey & { now: Date },
): Promise<void> {
  const { knex, source, recordId, now } = options;
  await knex(READS_TABLE)
    .where({ source, record_id: recordId })
    .update({ invalidated_at: toText(now) });
}
