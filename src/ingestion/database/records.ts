import type { Knex } from 'knex';
import { isAmong, readTexts } from '../../database/bulk';
import { toDate } from '../../database/time';
import { inChunks } from '../../lib/inChunks';
import type { RelationEdge } from '../../lib/problem';

/** `missing`: no longer listed, its removal held. `invalid`: its last good entities stay. */
export type RecordState = 'seen' | 'missing' | 'invalid';

export interface StoredRecord {
  recordId: string;
  /** When the fetch that saw it began. */
  observedAt: Date;
  /** Of its bytes in the list; undefined where they are to be read again. */
  bytesHash?: string;
  /** Of its canonical JSON; empty where it is not known. */
  rawHash: string;
  state: RecordState;
  missingSince?: Date;
}

/** What tells whether a record has changed. */
export type KnownRecord = Pick<
  StoredRecord,
  'recordId' | 'bytesHash' | 'rawHash' | 'state'
>;

/** That a record gives an entity, and the hash of that as last applied. */
export interface StoredContribution {
  recordId: string;
  entityRef: string;
  hash: string;
}

/** An entity that a record gives. */
export interface Contribution extends StoredContribution {
  /** Canonical JSON of the entity. */
  entity: string;
  /** Its owner's ref, where it names one. */
  owner?: string;
  /** Its relations along which a cycle is a fault, of one that was mapped in this run. */
  edges?: RelationEdge[];
}

/** What is stored of some records of a source. */
export interface StoredRecords {
  records: Map<string, StoredRecord>;
  /** By record id. */
  contributions: Map<string, StoredContribution[]>;
}

const KNOWN_AT_ONCE = 5000;

/** What tells of each of a source's records whether it has changed, in batches. */
export async function* readKnownRecords(options: {
  knex: Knex;
  source: string;
}): AsyncGenerator<KnownRecord[]> {
  const { knex, source } = options;
  let known: KnownRecord[] = [];
  do {
    const query = knex('custom_data_records')
      .where({ source })
      .orderBy('record_id')
      .limit(KNOWN_AT_ONCE);
    const last = known.at(-1);
    const rows = await readTexts(
      knex,
      ['record_id', 'bytes_hash', 'raw_hash', 'state'],
      last ? query.andWhere('record_id', '>', last.recordId) : query,
    );
    known = rows.map(([recordId, bytesHash, rawHash, state]) => ({
      recordId,
      bytesHash: bytesHash || undefined,
      rawHash,
      state: state as RecordState,
    }));
    yield known;
  } while (known.length === KNOWN_AT_ONCE);
}

/** What is stored of some records. */
export async function readRecords(options: {
  knex: Knex;
  source: string;
  recordIds: string[];
}): Promise<StoredRecords> {
  const { knex, source, recordIds } = options;
  const records: StoredRecords['records'] = new Map();
  const contributions: StoredRecords['contributions'] = new Map();
  for (const ids of inChunks(recordIds)) {
    const rows = await knex('custom_data_records')
      .where({ source })
      .andWhere(isAmong(knex, 'record_id', ids));
    rows.forEach(row => records.set(row.record_id, toStoredRecord(row)));
    const given = await knex('custom_data_contributions')
      .select('record_id', 'entity_ref', 'hash')
      .where({ source })
      .andWhere(isAmong(knex, 'record_id', ids));
    for (const { record_id: recordId, entity_ref: entityRef, hash } of given) {
      const others = contributions.get(recordId) ?? [];
      contributions.set(recordId, others);
      others.push({ recordId, entityRef, hash });
    }
  }
  return { records, contributions };
}

function toStoredRecord(row: any): StoredRecord {
  return {
    recordId: row.record_id,
    observedAt: toDate(row.observed_at as string),
    bytesHash: row.bytes_hash ?? undefined,
    rawHash: row.raw_hash,
    state: row.state,
    missingSince: toDate(row.missing_since),
  };
}

const ENTITIES_AT_ONCE = 1000;

/** All of a source's entities, in batches. */
export async function* readEntities(options: {
  knex: Knex;
  source: string;
}): AsyncGenerator<Contribution[]> {
  const { knex, source } = options;
  let rows: any[] = [];
  do {
    const query = knex('custom_data_contributions')
      .select('record_id', 'entity_ref', 'entity', 'hash')
      .where({ source })
      .orderBy(['record_id', 'entity_ref'])
      .limit(ENTITIES_AT_ONCE);
    const last = rows.at(-1);
    rows = await (last
      ? query.andWhereRaw('(record_id, entity_ref) > (?, ?)', [
          last.record_id,
          last.entity_ref,
        ])
      : query);
    yield rows.map(row => ({
      recordId: row.record_id,
      entityRef: row.entity_ref,
      entity: row.entity,
      hash: row.hash,
    }));
  } while (rows.length === ENTITIES_AT_ONCE);
}

interface RefsOfSource {
  knex: Knex;
  source: string;
  entityRefs: string[];
}

/** Canonical JSON of those refs that a source has. */
export async function readEntityTexts(
  options: RefsOfSource,
): Promise<Map<string, string>> {
  return readContributions(options, 'entity');
}

/** Which records of a source give these refs; no entry for a ref that none gives. */
export async function readHolders(
  options: RefsOfSource,
): Promise<Map<string, string>> {
  return readContributions(options, 'record_id');
}

async function readContributions(
  { knex, source, entityRefs }: RefsOfSource,
  column: 'entity' | 'record_id',
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const refs of inChunks(entityRefs)) {
    const rows = await knex('custom_data_contributions')
      .select('entity_ref', column)
      .where({ source })
      .andWhere(isAmong(knex, 'entity_ref', refs));
    rows.forEach(row => found.set(row.entity_ref, row[column]));
  }
  return found;
}

/** The records that gave an entity, of all sources. */
export async function readRecordsOf(options: {
  knex: Knex;
  entityRef: string;
}): Promise<Array<{ source: string; recordId: string }>> {
  return options
    .knex('custom_data_contributions')
    .select('source', 'record_id as recordId')
    .where({ entity_ref: options.entityRef });
}

/** The refs that records of a source give, by record id; no entry for a record that gives none. */
export async function readRefsOfRecords(options: {
  knex: Knex;
  source: string;
  recordIds: string[];
}): Promise<Map<string, string[]>> {
  const { knex, source, recordIds } = options;
  const refs = new Map<string, string[]>();
  if (recordIds.length === 0) {
    return refs;
  }
  const rows = await knex('custom_data_contributions')
    .select('record_id', 'entity_ref')
    .where({ source })
    .andWhere(isAmong(knex, 'record_id', recordIds));
  for (const { record_id: id, entity_ref: ref } of rows) {
    refs.set(id, [...(refs.get(id) ?? []), ref]);
  }
  return refs;
}

const REFS_AT_ONCE = 5000;

/** Which of our sources have these refs; no entry for a ref that none has. */
export async function readSourcesOf(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, string>> {
  const { knex, entityRefs } = options;
  const sources = new Map<string, string>();
  for (const refs of inChunks(entityRefs, REFS_AT_ONCE)) {
    const rows = await knex('custom_data_entities')
      .select('entity_ref', 'source')
      .where(isAmong(knex, 'entity_ref', refs));
    rows.forEach(row => sources.set(row.entity_ref, row.source));
  }
  return sources;
}

interface OfSource {
  knex: Knex;
  source: string;
}

export async function countEntities(options: OfSource): Promise<number> {
  const [row] = await options
    .knex('custom_data_entities')
    .where({ source: options.source })
    .count({ count: '*' });
  return Number(row.count);
}

export async function readEntityRefs(options: OfSource): Promise<string[]> {
  return options
    .knex('custom_data_entities')
    .where({ source: options.source })
    .pluck('entity_ref');
}

/** By ref, the location keys of others under which the catalog has entities of a source. */
export async function readAdoptedKeys(
  options: OfSource,
): Promise<Map<string, string>> {
  const rows = await options
    .knex('custom_data_entities')
    .select('entity_ref', 'location_key')
    .where({ source: options.source })
    .whereNotNull('location_key');
  return new Map(rows.map(row => [row.entity_ref, row.location_key]));
}

/** An owner that entities of a source name. */
export interface OwnerInUse {
  owner: string;
  /** How many name it. */
  entities: number;
  /** The ref of one of them. */
  example: string;
}

/** The owners that entities of a source name, in order of their names. */
export async function readOwnersInUse(
  options: OfSource,
): Promise<OwnerInUse[]> {
  const rows = await options
    .knex('custom_data_entities')
    .select('owner')
    .count({ entities: '*' })
    .min({ example: 'entity_ref' })
    .where({ source: options.source })
    .whereNotNull('owner')
    .groupBy('owner')
    .orderBy('owner');
  return rows.map((row: any) => ({
    owner: row.owner,
    entities: Number(row.entities),
    example: row.example,
  }));
}
