import type { Knex } from 'knex';
import type { Contribution } from '../../model/sync';
import { inChunks } from '../../model/inChunks';
import { isAmong } from '../bulk';

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
