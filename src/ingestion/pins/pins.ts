/*
 * What operators see of pins, and how they pin and unpin an entity.
 */
import { ConflictError, NotFoundError } from '@backstage/errors';
import type { Knex } from 'knex';
import type { FieldDifference } from '../../lib/fieldDifferences';
import type { Page, PageRequest } from '../../lib/page';
import { countRows, keysetPage } from '../../database/keyset';
import { hashOf } from '../../lib/canonicalJson';
import { applyChanges } from '../changes/applyChanges';
import { toPin } from '../changes/change';
import { entityFields } from '../changes/entityFields';
import { completeRun } from '../completeRun';
import {
  signalOf,
  type SourcesContext,
  withHttpErrors,
} from '../control/sources';
import { inForce, removePins } from '../database/pins';
import { readGivenEntities, readOrigins } from '../database/records';
import type { ChangeKind } from '../database/runs';

/** A pin, and what the source gives instead. Times are ISO 8601 in UTC. */
export interface PinReport {
  entityRef: string;
  source: string;
  recordId: string;
  reason: string;
  by: string;
  createdAt: string;
  until?: string;
  /** What pinned it. */
  origin: ChangeKind;
  /** Whether it is kept out of the catalog. */
  absent: boolean;
  drift: Drift;
}

/**
 * `none`: the source gives the same. `added`: it gives the entity, which stays
 * absent. `removed`: it gives none, and the entity stays.
 */
export interface Drift {
  type: 'none' | 'added' | 'changed' | 'removed';
  /** From what is pinned to what the source gives. */
  fields: FieldDifference[];
}

/** Pins that have not expired, in order of their refs. */
export async function listPins(options: {
  knex: Knex;
  source?: string;
  now: Date;
  page: PageRequest;
}): Promise<Page<PinReport>> {
  const { knex, source, now, page } = options;
  const query = inForce(knex, now);
  if (source !== undefined) {
    query.andWhere({ source });
  }
  const { items, next } = await keysetPage({
    query,
    columns: ['entity_ref'],
    direction: 'asc',
    page,
  });
  const totalItems = await countRows(query);
  return { items: items.map(toPinReport), totalItems, next };
}

export async function readPin(options: {
  knex: Knex;
  entityRef: string;
  now: Date;
}): Promise<PinReport | undefined> {
  const { knex, entityRef, now } = options;
  const row = await inForce(knex, now)
    .andWhere({ entity_ref: entityRef })
    .first();
  return row && toPinReport(row);
}

function toPinReport(row: any): PinReport {
  return {
    entityRef: row.entity_ref,
    source: row.source,
    recordId: row.record_id,
    reason: row.reason,
    by: row.created_by,
    createdAt: row.created_at,
    until: row.until ?? undefined,
    origin: row.origin,
    absent: row.entity === null,
    drift: {
      type: driftType(row),
      fields: entityFields(row.entity, row.wanted),
    },
  };
}

function driftType({ hash, wanted_hash: wanted }: any): Drift['type'] {
  if (hash === wanted) {
    return 'none';
  }
  if (hash === null) {
    return 'added';
  }
  return wanted === null ? 'removed' : 'changed';
}

/**
 * Keeps an entity as it is, whatever its source says. One that is pinned gets
 * the new reason and time.
 *
 * @throws NotFoundError for an entity that no list of ours gives.
 */
export async function pinEntity(
  context: SourcesContext,
  options: { entityRef: string; reason: string; until?: Date; by: string },
): Promise<PinReport> {
  const { knex, now } = context;
  const { entityRef, reason, until, by } = options;
  const pin = toPin({ reason, until, now: now() });
  const source = await findHolder(context, entityRef);
  const sync = context.syncs.get(source);
  const given = await readGivenEntities({
    knex,
    source,
    entityRefs: [entityRef],
  });
  const state = given.get(entityRef);
  const { left } = await applyChanges(context, {
    source,
    kind: 'pin',
    by,
    reason: `"${entityRef}" is pinned: ${reason}`,
    changes: [
      {
        entityRef,
        recordId: state?.recordId,
        before: state ? hashOf(state.entity) : null,
        after: state && JSON.parse(state.entity),
        pin,
      },
    ],
    signal: sync ? signalOf(context, sync) : context.shutdown,
  });
  if (left.length > 0) {
    throw new ConflictError(
      `"${entityRef}" cannot be pinned: ${left[0].reason}`,
    );
  }
  return (await readPin({ knex, entityRef, now: now() }))!;
}

/** The source whose list gives an entity, or has it pinned. */
async function findHolder(
  { knex, now }: SourcesContext,
  entityRef: string,
): Promise<string> {
  const pin = await readPin({ knex, entityRef, now: now() });
  const origins = await readOrigins({ knex, entityRefs: [entityRef] });
  const all = origins.get(entityRef) ?? [];
  const polled = all.find(({ via }) => via === 'poll');
  const source = polled?.source ?? pin?.source;
  if (source !== undefined) {
    return source;
  }
  if (all.length > 0) {
    throw new ConflictError(
      `"${entityRef}" is read for location "${all[0].locationKey}"; only entities that a list gives can be pinned`,
    );
  }
  throw new NotFoundError(
    `There is no entity "${entityRef}" that a source of this module gives, so it cannot be pinned`,
  );
}

/**
 * Lets the source win again, with its next list.
 *
 * @throws NotFoundError if the entity is not pinned.
 */
export async function unpinEntity(
  context: SourcesContext,
  options: { entityRef: string; by: string },
): Promise<PinReport> {
  const { knex, now } = context;
  const { entityRef, by } = options;
  const pin = await readPin({ knex, entityRef, now: now() });
  if (!pin) {
    throw new NotFoundError(
      `"${entityRef}" is not pinned; GET /api/catalog/custom-data/pins lists what is`,
    );
  }
  const { source } = pin;
  const entityRefs = [entityRef];
  const sync = context.syncs.get(source);
  if (!sync) {
    await knex.transaction(tx => removePins({ tx, source, entityRefs }));
    return pin;
  }
  await withHttpErrors(() =>
    sync.change({
      kind: 'pin',
      signal: signalOf(context, sync),
      work: run =>
        completeRun(run, {
          remark: `by ${by}: "${entityRef}" is unpinned`,
          asked: { by, pins: { removed: entityRefs } },
          changed: false,
        }),
    }),
  );
  return pin;
}
