/*
 * What was pushed, until the catalog has it. The revision of an entity is the
 * hash in its row of `custom_data_entities`, and a write is one conditional
 * statement on that row. The entity waits in the same row; a run gives it to the
 * catalog. An empty hash is that of an entity that is to be removed.
 */
import type { Knex } from 'knex';
import { isAmong, updateRows } from '../../database/bulk';
import { redactValues, toDate, toText } from '../../database/columns';

const TABLE = 'custom_data_entities';
const REMOVED = '';

/** An entity as it is written: its canonical JSON, and the hash of that. */
export interface Version {
  entity: string;
  hash: string;
  /** Its owner's ref, where it names one. */
  owner?: string;
}

export interface CurrentVersion extends Version {
  source: string;
  recordId: string;
  /** Who paused the source at run time, if it is. */
  pausedBy?: string;
  /** What keeps it as it is, with or without the time until which it does. */
  pin?: { by: string; reason: string; until?: Date };
}

/**
 * An entity of ours as it was last written or applied; undefined where there is
 * none. All that a write has to know of it comes in one answer of the database.
 */
export async function readCurrentVersion({
  knex,
  entityRef,
}: {
  knex: Knex;
  entityRef: string;
}): Promise<CurrentVersion | undefined> {
  const row = await knex(`${TABLE} as e`)
    .leftJoin('custom_data_contributions as c', join =>
      join.on('c.entity_ref', 'e.entity_ref').andOn('c.source', 'e.source'),
    )
    .leftJoin('custom_data_sources as s', 's.source', 'e.source')
    .leftJoin('custom_data_pins as p', 'p.entity_ref', 'e.entity_ref')
    .where('e.entity_ref', entityRef)
    .whereNot('e.hash', REMOVED)
    .first(
      'e.source',
      'e.hash',
      'e.pushed',
      'c.entity',
      'c.record_id',
      's.paused_by',
      'p.created_by',
      'p.reason',
      'p.until',
    );
  return (
    row && {
      source: row.source,
      hash: row.hash,
      entity: row.pushed ?? row.entity,
      recordId: row.record_id ?? entityRef,
      pausedBy: row.paused_by ?? undefined,
      pin: row.created_by
        ? {
            by: row.created_by,
            reason: row.reason,
            until: toDate(row.until),
          }
        : undefined,
    }
  );
}

/**
 * Writes an entity if it has the expected revision, or does not exist where that
 * is null; no `next` removes it. Returns false where somebody was faster. One
 * statement, so of two writers that expect the same revision one succeeds.
 */
export async function swapVersion(options: {
  knex: Knex;
  source: string;
  entityRef: string;
  expected: string | null;
  next?: Version;
  by: string;
  now: Date;
}): Promise<boolean> {
  const { knex, source, entityRef, expected, next, by, now } = options;
  const columns = {
    hash: next?.hash ?? REMOVED,
    pushed: next?.entity ?? '',
    pushed_by: by,
    owner: next?.owner ?? null,
    applied_at: toText(now),
  };
  return redactValues(async () => {
    if (expected !== null) {
      const row = { entity_ref: entityRef, source, hash: expected };
      return (await knex(TABLE).where(row).update(columns)) === 1;
    }
    const written = await knex(TABLE)
      .insert({ entity_ref: entityRef, source, ...columns })
      .onConflict('entity_ref')
      .merge(columns)
      .where({ [`${TABLE}.source`]: source, [`${TABLE}.hash`]: REMOVED })
      .returning('entity_ref');
    return written.length === 1;
  });
}

/** What waits to be given to the catalog; no `entity` for one that is to be removed. */
export interface WaitingPush {
  entityRef: string;
  entity?: string;
  hash: string;
  by: string;
}

/** In order of their refs. */
export async function readWaitingPushes(options: {
  knex: Knex;
  source: string;
  /** The ref that the last ones ended with. */
  after?: string;
  limit: number;
}): Promise<WaitingPush[]> {
  const { knex, source, after = '', limit } = options;
  const rows = await knex(TABLE)
    .select('entity_ref', 'pushed', 'hash', 'pushed_by')
    .where({ source })
    .whereNotNull('pushed')
    .andWhere('entity_ref', '>', after)
    .orderBy('entity_ref')
    .limit(limit);
  return rows.map(row => ({
    entityRef: row.entity_ref,
    entity: row.pushed || undefined,
    hash: row.hash,
    by: row.pushed_by,
  }));
}

/** Says that the catalog has these. One that was written again in the meantime goes on waiting. */
export async function forgetPushes(options: {
  knex: Knex;
  source: string;
  pushes: WaitingPush[];
}): Promise<void> {
  const { knex, source, pushes } = options;
  await updateRows({
    tx: knex,
    table: TABLE,
    key: ['entity_ref', 'hash'],
    rows: pushes
      .filter(({ entity }) => entity !== undefined)
      .map(({ entityRef, hash }) => ({
        entity_ref: entityRef,
        hash,
        pushed: null,
        pushed_by: null,
      })),
  });
  const removed = pushes.filter(({ entity }) => entity === undefined);
  await knex(TABLE)
    .where({ source, hash: REMOVED })
    .andWhere(
      isAmong(
        knex,
        'entity_ref',
        removed.map(({ entityRef }) => entityRef),
      ),
    )
    .delete();
}
