import type { Knex } from 'knex';
import { isAmong, readTexts } from '../../database/bulk';
import { toDate } from '../../database/columns';
import { inChunks } from '../../lib/inChunks';
import { LOCATION_TYPE, providerName } from '../../lib/keys';
import type { RelationEdge } from '../../lib/problem';
import type { GuardedField } from '../../config/guardedFields';

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
  /** The guarded fields whose expressions find nothing of what they read. */
  unfound?: GuardedField[];
}

/** What is stored of some records of a source. */
export interface StoredRecords {
  records: Map<string, StoredRecord>;
  /** By record id. */
  contributions: Map<string, StoredContribution[]>;
}

interface OfSource {
  knex: Knex;
  source: string;
}

const KNOWN_AT_ONCE = 5000;

/** All records of a source, with what tells whether they have changed, in batches. */
export async function* readKnownRecords({
  knex,
  source,
}: OfSource): AsyncGenerator<KnownRecord[]> {
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
export async function readRecords({
  knex,
  source,
  recordIds,
}: OfSource & { recordIds: string[] }): Promise<StoredRecords> {
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
export async function* readEntities({
  knex,
  source,
  listed = false,
}: OfSource & {
  /** Leaves out those of records that the last list lacked. */
  listed?: boolean;
}): AsyncGenerator<Contribution[]> {
  let rows: any[] = [];
  do {
    const query = knex('custom_data_contributions')
      .select('record_id', 'entity_ref', 'entity', 'hash')
      .where({ source })
      .orderBy(['record_id', 'entity_ref'])
      .limit(ENTITIES_AT_ONCE);
    if (listed) {
      query.whereNotIn(
        'record_id',
        knex('custom_data_records')
          .select('record_id')
          .where({ source, state: 'missing' }),
      );
    }
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

interface GivenEntity {
  recordId: string;
  /** Canonical JSON. */
  entity: string;
}

/** Those entities of a source that have these refs. */
export async function readGivenEntities({
  knex,
  source,
  entityRefs,
}: OfSource & { entityRefs: string[] }): Promise<Map<string, GivenEntity>> {
  const given = new Map<string, GivenEntity>();
  for (const refs of inChunks(entityRefs)) {
    const rows = await knex('custom_data_contributions')
      .select('entity_ref', 'record_id', 'entity')
      .where({ source })
      .andWhere(isAmong(knex, 'entity_ref', refs));
    for (const { entity_ref: ref, record_id: recordId, entity } of rows) {
      given.set(ref, { recordId, entity });
    }
  }
  return given;
}

/** A record that gives an entity. */
export interface EntityOrigin {
  source: string;
  recordId: string;
  /** Polled with its list, or read for a location. */
  via: 'poll' | 'location';
  /** The key under which the catalog should have the entity: the source's, the location's, or that of the owner it was taken over from. */
  locationKey: string;
}

/** The records that give these refs; no entry for a ref that none of ours gives. */
export async function readOrigins(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, EntityOrigin[]>> {
  const { knex, entityRefs } = options;
  const origins = new Map<string, EntityOrigin[]>();
  const add = (row: any, how: Pick<EntityOrigin, 'via' | 'locationKey'>) =>
    origins.set(row.entity_ref, [
      ...(origins.get(row.entity_ref) ?? []),
      { source: row.source, recordId: row.record_id, ...how },
    ]);
  for (const refs of inChunks(entityRefs)) {
    const polled = await knex('custom_data_contributions as c')
      .join('custom_data_entities as e', join =>
        join.on('e.entity_ref', 'c.entity_ref').andOn('e.source', 'c.source'),
      )
      .select('c.entity_ref', 'c.source', 'c.record_id', 'e.location_key')
      .where(isAmong(knex, 'c.entity_ref', refs));
    for (const row of polled) {
      const locationKey = row.location_key ?? providerName(row.source);
      add(row, { via: 'poll', locationKey });
    }
    const located = await knex('custom_data_read_refs')
      .select('entity_ref', 'source', 'record_id')
      .where(isAmong(knex, 'entity_ref', refs));
    for (const row of located) {
      const locationKey = `${LOCATION_TYPE}:${row.source}/${row.record_id}`;
      add(row, { via: 'location', locationKey });
    }
  }
  return origins;
}

export async function countEntities({
  knex,
  source,
}: OfSource): Promise<number> {
  const [row] = await knex('custom_data_entities')
    .where({ source })
    .count({ count: '*' });
  return Number(row.count);
}

/** How many records of a source are invalid; 0 where any is valid, however many are not. */
export async function countIfAllInvalid({
  knex,
  source,
}: OfSource): Promise<number> {
  const inState = (state: RecordState) =>
    knex('custom_data_records').where({ source, state });
  if (await inState('seen').first('record_id')) {
    return 0;
  }
  const [row] = await inState('invalid').count({ count: '*' });
  return Number(row.count);
}

/** The records of a source that have entities. */
export async function readGivingRecords({
  knex,
  source,
}: OfSource): Promise<string[]> {
  return knex('custom_data_contributions')
    .where({ source })
    .distinct()
    .pluck('record_id');
}

/** How many records of a source have entities. */
export async function countGivingRecords({
  knex,
  source,
}: OfSource): Promise<number> {
  const [row] = await knex('custom_data_contributions')
    .where({ source })
    .countDistinct({ count: 'record_id' });
  return Number(row.count);
}

export async function readEntityRefs({
  knex,
  source,
}: OfSource): Promise<string[]> {
  return knex('custom_data_entities').where({ source }).pluck('entity_ref');
}

/** The refs that a source gave, by its list or for locations: the first of them. */
export async function readFedRefs({
  knex,
  source,
  limit,
}: OfSource & { limit: number }): Promise<string[]> {
  const rows: Array<{ entity_ref: string }> = await knex('custom_data_entities')
    .where({ source })
    .select('entity_ref')
    .union(knex('custom_data_read_refs').where({ source }).select('entity_ref'))
    .orderBy('entity_ref')
    .limit(limit);
  return rows.map(row => row.entity_ref);
}

/** By ref, the location keys of others under which the catalog has entities of a source. */
export async function readAdoptedKeys({
  knex,
  source,
}: OfSource): Promise<Map<string, string>> {
  const rows = await knex('custom_data_entities')
    .select('entity_ref', 'location_key')
    .where({ source })
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
export async function readOwnersInUse({
  knex,
  source,
}: OfSource): Promise<OwnerInUse[]> {
  const rows = await knex('custom_data_entities')
    .select('owner')
    .count({ entities: '*' })
    .min({ example: 'entity_ref' })
    .where({ source })
    .whereNotNull('owner')
    .groupBy('owner')
    .orderBy('owner');
  return rows.map((row: any) => ({
    owner: row.owner,
    entities: Number(row.entities),
    example: row.example,
  }));
}
