import type { Knex } from 'knex';
import { inChunks } from '../../model/inChunks';
import { isAmong } from '../bulk';

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
