import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { inChunks } from '../../lib/inChunks';
import { inForce } from '../database/pins';
import { readGivenEntities } from '../database/records';
import type { EntityState } from '../database/runChanges';

/** An entity as it is now, by the tables. */
export interface CurrentEntity {
  /** Of whom it is. */
  source: string;
  /** Its revision. */
  hash: string;
  /** Given where it is of the source in question. */
  state?: EntityState;
}

/** Those of these entities that any source gives with its list. */
export async function readCurrentEntities(options: {
  knex: Knex;
  source: string;
  entityRefs: string[];
}): Promise<Map<string, CurrentEntity>> {
  const { knex, source, entityRefs } = options;
  const current = new Map<string, CurrentEntity>();
  for (const refs of inChunks(entityRefs)) {
    const rows = await knex('custom_data_entities')
      .select('entity_ref', 'source', 'hash')
      .where(isAmong(knex, 'entity_ref', refs));
    const given = await readGivenEntities({ knex, source, entityRefs: refs });
    for (const { entity_ref: ref, source: owner, hash } of rows) {
      const state = owner === source ? given.get(ref) : undefined;
      current.set(ref, { source: owner, hash, state });
    }
  }
  return current;
}

/** A pin, as far as a change of its entity has to know it. */
export interface CurrentPin {
  recordId: string;
  reason: string;
  by: string;
  /** What the source gives, as last seen. */
  wanted?: EntityState & { hash: string };
}

/** The pins of these entities that count at a time. */
export async function readCurrentPins(options: {
  knex: Knex;
  entityRefs: string[];
  now: Date;
}): Promise<Map<string, CurrentPin>> {
  const { knex, entityRefs, now } = options;
  const pins = new Map<string, CurrentPin>();
  for (const refs of inChunks(entityRefs)) {
    const rows: any[] = await inForce(knex, now).andWhere(
      isAmong(knex, 'entity_ref', refs),
    );
    for (const row of rows) {
      pins.set(row.entity_ref, {
        recordId: row.record_id,
        reason: row.reason,
        by: row.created_by,
        wanted: row.wanted_hash
          ? {
              recordId: row.wanted_record_id,
              entity: row.wanted,
              hash: row.wanted_hash,
            }
          : undefined,
      });
    }
  }
  return pins;
}
