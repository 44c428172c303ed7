import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { isAmong } from '../../database/bulk';
import { countRows, keysetPage } from '../../database/keyset';
import type { Page, PageRequest } from '../../lib/page';
import type { Snapshot } from './snapshot';

export const SNAPSHOTS_TABLE = 'custom_data_snapshots';
export const PARTS_TABLE = 'custom_data_snapshot_parts';

const decompress = promisify<Buffer, Buffer>(inflate);

/** Which snapshots to list. */
export interface SnapshotFilter {
  source?: string;
  namespace?: string;
}

/** Snapshots, newest first. */
export async function listSnapshots(options: {
  knex: Knex;
  filter: SnapshotFilter;
  page: PageRequest;
}): Promise<Page<Snapshot>> {
  const { knex, filter, page } = options;
  const query = complete(knex).where(
    Object.fromEntries(
      Object.entries(filter).filter(([, value]) => value !== undefined),
    ),
  );
  const { items, next } = await keysetPage({
    query,
    columns: ['created_at', 'id'],
    direction: 'desc',
    page,
  });
  return {
    items: items.map(toSnapshot),
    totalItems: await countRows(query),
    next,
  };
}

export async function findSnapshot(options: {
  knex: Knex;
  id: string;
}): Promise<Snapshot | undefined> {
  const { knex, id } = options;
  const row = await complete(knex).where({ id }).first();
  return row && toSnapshot(row);
}

/** One that is still written is not shown. */
function complete(knex: Knex): Knex.QueryBuilder {
  return knex(SNAPSHOTS_TABLE).whereNotNull('digest');
}

function toSnapshot(row: any): Snapshot {
  return {
    id: row.id,
    source: row.source ?? undefined,
    namespace: row.namespace ?? undefined,
    origin: row.origin,
    reason: row.reason,
    by: row.by,
    createdAt: row.created_at,
    count: row.entity_count,
    digest: row.digest,
  };
}

/**
 * The lines of a snapshot, part by part, so that never all of them are in memory.
 * Throws at their end if they are not those that were written.
 */
export async function* readSnapshotLines(options: {
  knex: Knex;
  snapshot: Pick<Snapshot, 'id' | 'digest'>;
}): AsyncGenerator<string[]> {
  const { knex, snapshot } = options;
  const { id } = snapshot;
  const hash = createHash('sha256');
  for (let number = 0; ; number++) {
    const part = await knex(PARTS_TABLE).where({ id, number }).first('blob');
    if (!part) {
      break;
    }
    const text = (await decompress(part.blob)).toString();
    hash.update(text);
    yield text.trimEnd().split('\n');
  }
  if (hash.digest('hex') !== snapshot.digest) {
    throw new Error(
      `Snapshot "${id}" is damaged or was deleted meanwhile: its entities do not have the digest "${snapshot.digest}"`,
    );
  }
}

/** Deletes snapshots with all their parts. */
export async function deleteSnapshots(options: {
  knex: Knex;
  ids: string[];
}): Promise<number> {
  const { knex, ids } = options;
  return knex.transaction(async tx => {
    await tx(PARTS_TABLE).where(isAmong(tx, 'id', ids)).delete();
    const deleted: number = await tx(SNAPSHOTS_TABLE)
      .where(isAmong(tx, 'id', ids))
      .delete();
    return deleted;
  });
}
