import type { Knex } from 'knex';
import type { OwnerInUse } from '../../model/sync';

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
