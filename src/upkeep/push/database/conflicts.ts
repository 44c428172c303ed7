import type { Knex } from 'knex';
import { upsertRows } from '../../../database/bulk';
import { toText } from '../../../database/columns';
import { countRows, keysetPage } from '../../../database/keyset';
import { canonicalJson, hashOf } from '../../../lib/canonicalJson';
import type { Page, PageRequest } from '../../../lib/page';

export const CONFLICTS_TABLE = 'custom_data_conflicts';

/** Of an entity: its revision, and its canonical JSON. */
interface Version {
  hash: string;
  entity: string;
}

/** A write that met another revision than it expected. */
export interface Conflict {
  entityRef: string;
  source: string;
  by: string;
  /** What the write expected, as its header says. */
  expected: string;
  /** What was there; none where there was no entity. */
  current?: Version;
  /** What was to be written; none where it was to be removed. */
  given?: Version;
}

/** Keeps both versions. The same conflict again only gets a new time. */
export async function recordConflict(options: {
  knex: Knex;
  conflict: Conflict;
  now: Date;
}): Promise<void> {
  const { knex, conflict, now } = options;
  const { entityRef, source, by, expected, current, given } = conflict;
  const about = { entityRef, by, current: current?.hash, given: given?.hash };
  await upsertRows({
    tx: knex,
    table: CONFLICTS_TABLE,
    key: ['conflict_id'],
    rows: [
      {
        conflict_id: hashOf(canonicalJson(about)),
        entity_ref: entityRef,
        source,
        at: toText(now),
        by,
        expected,
        current_hash: current?.hash ?? null,
        current: current?.entity ?? null,
        given_hash: given?.hash ?? null,
        given: given?.entity ?? null,
      },
    ],
  });
}

/** A conflict, and the last time that it occurred. */
export interface ConflictReport extends Conflict {
  id: string;
  at: string;
}

/** Conflicts, the latest first. */
export async function listConflicts(options: {
  knex: Knex;
  page: PageRequest;
}): Promise<Page<ConflictReport>> {
  const { knex, page } = options;
  const rows = await keysetPage({
    query: knex(CONFLICTS_TABLE),
    columns: ['at', 'conflict_id'],
    direction: 'desc',
    page,
  });
  return {
    ...rows,
    items: rows.items.map(toConflict),
    totalItems: await countRows(knex(CONFLICTS_TABLE)),
  };
}

function toConflict(row: any): ConflictReport {
  return {
    id: row.conflict_id,
    entityRef: row.entity_ref,
    source: row.source,
    at: row.at,
    by: row.by,
    expected: row.expected,
    current: toVersion(row.current_hash, row.current),
    given: toVersion(row.given_hash, row.given),
  };
}

function toVersion(
  hash: string | null,
  entity: string | null,
): Version | undefined {
  return hash !== null && entity !== null ? { hash, entity } : undefined;
}
