import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { setImmediate } from 'node:timers/promises';
import {
  type FieldDifference,
  fieldDifferences,
} from '../../lib/fieldDifferences';
import { inChunks } from '../../lib/inChunks';
import { kindOf } from '../../lib/keys';
import { type Contribution, readGivenEntities } from '../database/records';
import { refsOf } from '../ownership';
import type { PlanContext } from '../planList';
import type { SyncPlan } from '../plan';
import { RelationChanges } from './RelationChanges';

/** The beginning of a list, and how many there are in all. */
export interface Listed<T> {
  totalItems: number;
  items: T[];
}

export interface AddedEntity {
  entityRef: string;
  recordId: string;
  entity: JsonObject;
}

export interface ChangedEntity {
  entityRef: string;
  recordId: string;
  fields: FieldDifference[];
}

/** An entity that a record gives under another ref than before. */
export interface RenamedEntity extends ChangedEntity {
  /** The ref before. */
  from: string;
}

export interface RemovedEntity {
  entityRef: string;
  /** None where only the catalog knows it. */
  recordId?: string;
}

export interface EntityChanges {
  added: Listed<AddedEntity>;
  changed: Listed<ChangedEntity>;
  renamed: Listed<RenamedEntity>;
  removed: Listed<RemovedEntity>;
}

/** What a plan adds, changes, renames and removes, with the first of each in full. */
export async function compareEntities(
  context: Pick<PlanContext, 'knex' | 'settings'>,
  plan: SyncPlan,
  options: { limit: number; relations: RelationChanges },
): Promise<EntityChanges> {
  const { knex, settings } = context;
  const { limit, relations } = options;
  const renames = findRenames(plan);
  const stored = refsOf(plan.basis.input.stored);
  const lists: EntityChanges = {
    added: emptyList(),
    changed: emptyList(),
    renamed: emptyList(),
    removed: emptyList(),
  };
  for (const chunk of inChunks([...plan.upserts].sort(byRef))) {
    const before = await readGivenEntities({
      knex,
      source: settings.name,
      entityRefs: chunk
        .map(({ entityRef }) => renamedFrom(renames, entityRef))
        .filter(ref => stored.has(ref)),
    });
    for (const contribution of chunk) {
      const { entityRef } = contribution;
      const from = renamedFrom(renames, entityRef);
      const text = before.get(from)?.entity;
      const old: Entity | undefined = text && JSON.parse(text);
      const fresh: Entity = JSON.parse(contribution.entity);
      relations.compare(entityRef, old, fresh);
      announce(lists, contribution, { from, old, fresh, limit });
    }
    await setImmediate();
  }
  const removals = plan.removals.filter(ref => !renames.byOld.has(ref)).sort();
  for (const chunk of inChunks(removals)) {
    const before = await readGivenEntities({
      knex,
      source: settings.name,
      entityRefs: chunk,
    });
    for (const entityRef of chunk) {
      const given = before.get(entityRef);
      relations.compare(entityRef, given && JSON.parse(given.entity));
      const recordId = given?.recordId;
      add(lists.removed, limit, () => ({ entityRef, recordId }));
    }
  }
  return lists;
}

function announce(
  { added, changed, renamed }: EntityChanges,
  { entityRef, recordId }: Contribution,
  {
    from,
    old,
    fresh,
    limit,
  }: { from: string; old?: Entity; fresh: Entity; limit: number },
): void {
  const entity = fresh as unknown as JsonObject;
  if (!old) {
    add(added, limit, () => ({ entityRef, recordId, entity }));
    return;
  }
  const change = () => ({
    entityRef,
    recordId,
    fields: fieldDifferences(old as unknown as JsonObject, entity),
  });
  if (from === entityRef) {
    add(changed, limit, change);
  } else {
    add(renamed, limit, () => ({ from, ...change() }));
  }
}

function emptyList<T>(): Listed<T> {
  return { totalItems: 0, items: [] };
}

/** Counts an item, and makes it where there is room for it. */
function add<T>(list: Listed<T>, limit: number, make: () => T): void {
  list.totalItems++;
  if (list.items.length < limit) {
    list.items.push(make());
  }
}

/** The ref under which an entity stands before. */
function renamedFrom({ byNew }: Renames, entityRef: string): string {
  return byNew.get(entityRef) ?? entityRef;
}

function byRef(one: Contribution, other: Contribution): number {
  return one.entityRef < other.entityRef ? -1 : 1;
}

/** Refs that records change: what one calls otherwise now is one entity, not two. */
interface Renames {
  byNew: ReadonlyMap<string, string>;
  byOld: ReadonlyMap<string, string>;
}

/**
 * Pairs what a plan removes of a record with what it adds of it, kind by kind in
 * the order of the templates.
 */
function findRenames({ basis, upserts, removals }: SyncPlan): Renames {
  const { decision, input } = basis;
  const stored = new Set(
    [...input.stored.contributions.values()].flat().map(c => c.entityRef),
  );
  const added = new Set(
    upserts.map(c => c.entityRef).filter(ref => !stored.has(ref)),
  );
  const removed = new Set(removals);
  const byNew = new Map<string, string>();
  for (const { before, fresh } of decision.desired) {
    const old = before
      .map(c => c.entityRef)
      .filter(ref => removed.has(ref))
      .sort();
    for (const { entityRef } of fresh.filter(c => added.has(c.entityRef))) {
      const index = old.findIndex(ref => kindOf(ref) === kindOf(entityRef));
      if (index >= 0) {
        byNew.set(entityRef, old[index]);
        old.splice(index, 1);
      }
    }
  }
  const byOld = new Map([...byNew].map(([fresh, old]) => [old, fresh]));
  return { byNew, byOld };
}
