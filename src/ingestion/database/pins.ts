/*
 * Entities that stay as a person had them set, whatever their source says.
 */
import type { Knex } from 'knex';
import { isAmong, updateRows, upsertRows } from '../../database/bulk';
import { toText } from '../../database/columns';
import { inChunks } from '../../lib/inChunks';
import { fromListValidators } from '../../sources/httpValidators';
import type { EntityState } from './runChanges';
import type { RunKind } from './runs';

const TABLE = 'custom_data_pins';

interface OfSource {
  knex: Knex;
  source: string;
}

/** What a run has to know of each pin: little, since there may be many. */
export interface PinKey {
  entityRef: string;
  /** The record that has the entity. */
  recordId: string;
  /** Undefined for an entity that stays absent. */
  hash?: string;
  /** What the source gives, as last seen. */
  wantedHash?: string;
  wantedRecordId?: string;
}

/** What a source gives of an entity that is pinned; without `state` it gives none. */
export interface WantedEntity {
  entityRef: string;
  state?: EntityState & { hash: string };
}

/** A pin as it is made. */
export interface NewPin extends WantedEntity {
  recordId: string;
  /** None: it stays absent. */
  pinned?: { entity: string; hash: string };
  reason: string;
  until?: string;
}

/** What a run does to pins. */
export interface PinChanges {
  made?: NewPin[];
  removed?: string[];
  wanted?: WantedEntity[];
}

/** The pins of a source that count at a time. */
export async function readPinKeys({
  knex,
  source,
  now,
}: OfSource & { now: Date }): Promise<PinKey[]> {
  const rows: any[] = await inForce(knex, now)
    .where({ source })
    .select(
      'entity_ref',
      'record_id',
      'hash',
      'wanted_hash',
      'wanted_record_id',
    );
  return rows.map(row => ({
    entityRef: row.entity_ref,
    recordId: row.record_id,
    hash: row.hash ?? undefined,
    wantedHash: row.wanted_hash ?? undefined,
    wantedRecordId: row.wanted_record_id ?? undefined,
  }));
}

/** Pins that have not expired. */
export function inForce(knex: Knex, now: Date): Knex.QueryBuilder {
  return knex(TABLE).where(pin =>
    pin.whereNull('until').orWhere('until', '>', toText(now)),
  );
}

/** The entities that pins keep, as canonical JSON by ref. */
export async function readPinnedEntities(
  options: OfSource & { entityRefs: string[] },
): Promise<Map<string, string>> {
  const { knex, source, entityRefs } = options;
  const entities = new Map<string, string>();
  for (const refs of inChunks(entityRefs)) {
    const rows = await knex(TABLE)
      .select('entity_ref', 'entity')
      .where({ source })
      .andWhere(isAmong(knex, 'entity_ref', refs));
    rows.forEach(row => entities.set(row.entity_ref, row.entity));
  }
  return entities;
}

/** Writes what a run does to pins, in its transaction. */
export async function writePins(options: {
  tx: Knex.Transaction;
  source: string;
  kind: RunKind;
  by: string;
  pins: PinChanges;
  now: Date;
}): Promise<void> {
  const { tx, source, kind, by, now } = options;
  const { made = [], removed = [] } = options.pins;
  await upsertRows({
    tx,
    table: TABLE,
    key: ['entity_ref'],
    rows: made.map(pin => ({
      entity_ref: pin.entityRef,
      source,
      record_id: pin.recordId,
      entity: pin.pinned?.entity ?? null,
      hash: pin.pinned?.hash ?? null,
      reason: pin.reason,
      created_by: by,
      created_at: toText(now),
      origin: kind,
      until: pin.until ?? null,
      ...toWantedColumns(pin),
    })),
  });
  await removePins({ tx, source, entityRefs: removed });
}

/** Writes what the source gives of pinned entities. */
export async function writeWanted(options: {
  tx: Knex.Transaction;
  wanted: WantedEntity[];
}): Promise<void> {
  const { tx, wanted } = options;
  await updateRows({
    tx,
    table: TABLE,
    key: ['entity_ref'],
    rows: wanted.map(entity => ({
      entity_ref: entity.entityRef,
      ...toWantedColumns(entity),
    })),
  });
}

function toWantedColumns({ state }: WantedEntity) {
  return {
    wanted: state?.entity ?? null,
    wanted_hash: state?.hash ?? null,
    wanted_record_id: state?.recordId ?? null,
  };
}

/**
 * Removes pins. The source wins with its next list: also one that answers 304,
 * or repeats the bytes of the records.
 */
export async function removePins(options: {
  tx: Knex.Transaction;
  source: string;
  entityRefs: string[];
}): Promise<void> {
  const { tx, source, entityRefs } = options;
  for (const refs of inChunks(entityRefs)) {
    const pins = () =>
      tx(TABLE).where({ source }).andWhere(isAmong(tx, 'entity_ref', refs));
    const rows = await pins().select('record_id', 'wanted_record_id');
    const records = rows.flatMap(row => [row.record_id, row.wanted_record_id]);
    await tx('custom_data_records')
      .where({ source })
      .andWhere(isAmong(tx, 'record_id', records.filter(Boolean)))
      .update({ bytes_hash: null, raw_hash: '' });
    await pins().delete();
  }
  if (entityRefs.length > 0) {
    await tx('custom_data_sources')
      .where({ source })
      .update(fromListValidators(undefined));
  }
}

/**
 * Removes the pins of a source that have expired. For whoever has its lease:
 * a run that is under way would write the hashes of its records again.
 */
export async function removeExpiredPins({
  knex,
  source,
  now,
}: OfSource & { now: Date }): Promise<void> {
  const entityRefs = await knex(TABLE)
    .where({ source })
    .andWhere('until', '<=', toText(now))
    .pluck('entity_ref');
  if (entityRefs.length > 0) {
    await knex.transaction(tx => removePins({ tx, source, entityRefs }));
  }
}
