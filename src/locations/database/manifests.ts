import type { Knex } from 'knex';
import { toText } from '../../database/columns';
import { countedPage, type Page, type PageRequest } from '../../lib/page';

/** A target that a manifest registered. */
export interface RegisteredTarget {
  type: string;
  target: string;
  /** The `Location` entity that the catalog makes of it. */
  locationRef: string;
}

/** Stores what a manifest registered; a target that it registered before stays as it is. */
export async function saveManifest(options: {
  knex: Knex;
  name: string;
  targets: RegisteredTarget[];
  by: string;
  now: Date;
}): Promise<void> {
  const { knex, name, targets, by, now } = options;
  const rows = targets.map(({ type, target, locationRef }) => ({
    name,
    type,
    target,
    location_ref: locationRef,
    registered_by: by,
    registered_at: toText(now),
  }));
  if (rows.length > 0) {
    await knex('custom_data_manifests')
      .insert(rows)
      .onConflict(['name', 'location_ref'])
      .ignore();
  }
}

/**
 * `unregistered`: the catalog has no such location any more. `waiting`: it has
 * not read it yet.
 */
export type TargetState = 'read' | 'failed' | 'waiting' | 'unregistered';

/** A manifest by its name, with what the catalog says of each target. */
export interface ManifestReport {
  name: string;
  targets: Array<
    Omit<RegisteredTarget, 'locationRef'> & {
      entityRef: string;
      state: TargetState;
      errors: Array<{ name: string; message: string }>;
      registeredBy: string;
      registeredAt: string;
    }
  >;
}

/** A page of manifests, by name. */
export async function listManifests(options: {
  knex: Knex;
  name?: string;
  page: PageRequest;
}): Promise<Page<ManifestReport>> {
  const { knex, name, page } = options;
  const named = knex('custom_data_manifests').modify(query => {
    if (name !== undefined) {
      query.where({ name });
    }
  });
  const [{ count }] = await named.clone().countDistinct({ count: 'name' });
  return countedPage(page, Number(count), async ({ offset, limit }) => {
    const names = await named
      .distinct('name')
      .orderBy('name')
      .offset(offset)
      .limit(limit)
      .pluck('name');
    const rows = await knex('custom_data_manifests as m')
      .leftJoin('refresh_state as s', 's.entity_ref', 'm.location_ref')
      .whereIn('m.name', names)
      .orderBy(['m.registered_at', 'm.target'])
      .select('m.*', 's.entity_id', 's.errors', 's.result_hash');
    return names.map((each: string) => ({
      name: each,
      targets: rows.filter(row => row.name === each).map(toTarget),
    }));
  });
}

function toTarget(row: any): ManifestReport['targets'][number] {
  const errors: Array<{ name: string; message: string }> = JSON.parse(
    row.errors || '[]',
  ).map((error: any) => ({
    name: `${error.name}`,
    message: `${error.message}`,
  }));
  return {
    type: row.type,
    target: row.target,
    entityRef: row.location_ref,
    state: stateOf(row, errors.length),
    errors,
    registeredBy: row.registered_by,
    registeredAt: row.registered_at,
  };
}

function stateOf(row: any, errors: number): TargetState {
  if (row.entity_id === null) {
    return 'unregistered';
  }
  if (errors > 0) {
    return 'failed';
  }
  return row.result_hash ? 'read' : 'waiting';
}
