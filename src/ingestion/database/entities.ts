import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { inChunks } from '../../lib/inChunks';
import type { Contribution, OwnerInUse } from './SyncStore';

const ENTITIES_AT_ONCE = 1000;

/** All of a source's entities, in batches. */
export async function* readEntities(
  knex: Knex,
  source: string,
): AsyncGenerator<Contribution[]> {
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

/** Canonical JSON of those refs that a source has. */
export async function loadEntities(
  knex: Knex,
  source: string,
  entityRefs: string[],
): Promise<Map<string, string>> {
  const entities = new Map<string, string>();
  for (const refs of inChunks(entityRefs, ENTITIES_AT_ONCE)) {
    const rows = await knex('custom_data_contributions')
      .select('entity_ref', 'entity')
      .where({ source })
      .andWhere(isAmong(knex, 'entity_ref', refs));
    for (const row of rows) {
      entities.set(row.entity_ref, row.entity);
    }
  }
  return entities;
}

const REFS_AT_ONCE = 5000;

/** Which of our sources own these refs. */
export async function readOwners(
  knex: Knex,
  entityRefs: string[],
): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  for (const refs of inChunks(entityRefs, REFS_AT_ONCE)) {
    const rows = await knex('custom_data_entities')
      .select('entity_ref', 'source')
      .where(isAmong(knex, 'entity_ref', refs));
    rows.forEach(row => owners.set(row.entity_ref, row.source));
  }
  return owners;
}

/** Which records of a source give these refs. */
export async function readHolders(
  knex: Knex,
  source: string,
  entityRefs: string[],
): Promise<Map<string, string>> {
  const holders = new Map<string, string>();
  for (const refs of inChunks(entityRefs, REFS_AT_ONCE)) {
    const rows = await knex('custom_data_contributions')
      .select('entity_ref', 'record_id')
      .where({ source })
      .andWhere(isAmong(knex, 'entity_ref', refs));
    rows.forEach(row => holders.set(row.entity_ref, row.record_id));
  }
  return holders;
}

/** By ref, under which location key of somebody else's the catalog has entities of a source. */
export async function readAdoptedKeys(
  knex: Knex,
  source: string,
): Promise<Map<string, string>> {
  const rows = await knex('custom_data_entities')
    .select('entity_ref', 'location_key')
    .where({ source })
    .whereNotNull('location_key');
  return new Map(rows.map(row => [row.entity_ref, row.location_key]));
}

/** The owners that entities of a source name, by name. */
export async function ownersInUse(
  knex: Knex,
  source: string,
): Promise<OwnerInUse[]> {
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
