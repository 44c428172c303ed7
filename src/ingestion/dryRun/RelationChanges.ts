import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import {
  type IncomingRelation,
  readLocationKeys,
  readRelationsTo,
} from '../../database/catalogTables';
import { readReferences } from '../../validation/files/references';
import type { SyncPlan } from '../plan';
import type { Listed } from './compareEntities';

/** A field of an entity that names another. */
export interface NamedEntity {
  entityRef: string;
  /** Such as `spec.owner`. */
  field: string;
  target: string;
  /** Whether the catalog will not know the target. */
  isUnknown?: boolean;
}

/** An owner that the catalog does not know, and that entities begin to name. */
export interface UnknownOwner {
  owner: string;
  entities: number;
  example: string;
}

export interface RelationReport {
  relationsBegun: Listed<NamedEntity>;
  relationsEnded: Listed<NamedEntity>;
  /** Of entities that stay to those that would be removed. */
  relationsBroken: Listed<IncomingRelation>;
  unknownOwners: Listed<UnknownOwner>;
}

/**
 * Collects what entities name now and did not name before, and the other way
 * round, in the order in which they are compared.
 */
export class RelationChanges {
  readonly #begin: NamedEntity[] = [];
  readonly #end: NamedEntity[] = [];

  /** Compares what an entity names; without `fresh` it would be removed. */
  compare(entityRef: string, old?: Entity, fresh?: Entity): void {
    const before = old ? namedBy(old, entityRef) : [];
    const after = fresh ? namedBy(fresh, entityRef) : [];
    for (const named of after) {
      if (!isAmong(named, before)) {
        this.#begin.push(named);
      }
    }
    for (const named of before) {
      if (!isAmong(named, after)) {
        this.#end.push(named);
      }
    }
  }

  async report(
    knex: Knex,
    { upserts, removals }: SyncPlan,
    limit: number,
  ): Promise<RelationReport> {
    const removed = new Set(removals);
    const targets = new Set(this.#begin.map(({ target }) => target));
    const known = await readLocationKeys({ knex, entityRefs: [...targets] });
    const given = new Set(upserts.map(c => c.entityRef));
    for (const named of this.#begin) {
      const { target } = named;
      const isKnown =
        (known.has(target) && !removed.has(target)) || given.has(target);
      if (!isKnown) {
        named.isUnknown = true;
      }
    }
    const broken = await readRelationsTo({ knex, entityRefs: removals });
    const changed = new Set([
      ...removals,
      ...this.#end.map(({ entityRef, target }) => `${entityRef} ${target}`),
    ]);
    return {
      relationsBegun: firstOf(this.#begin, limit),
      relationsEnded: firstOf(this.#end, limit),
      relationsBroken: firstSorted(
        broken.filter(
          ({ entityRef, target }) =>
            !changed.has(entityRef) && !changed.has(`${entityRef} ${target}`),
        ),
        limit,
      ),
      unknownOwners: firstSorted(unknownOwners(this.#begin), limit),
    };
  }
}

function namedBy(entity: Entity, entityRef: string): NamedEntity[] {
  const { references } = readReferences(entity as unknown as JsonObject);
  return references.map(({ path, ref: target }) => {
    // The position in a list says nothing.
    const end = path.indexOf('[');
    return { entityRef, field: end < 0 ? path : path.slice(0, end), target };
  });
}

function isAmong(
  { field, target }: NamedEntity,
  others: NamedEntity[],
): boolean {
  return others.some(other => other.field === field && other.target === target);
}

function unknownOwners(begin: NamedEntity[]): UnknownOwner[] {
  const owners = new Map<string, UnknownOwner>();
  for (const { entityRef, field, target, isUnknown } of begin) {
    if (isUnknown && field === 'spec.owner') {
      const { entities = 0, example = entityRef } = owners.get(target) ?? {};
      owners.set(target, { owner: target, entities: entities + 1, example });
    }
  }
  return [...owners.values()];
}

/** The first of a list, in its order. */
export function firstOf<T>(items: T[], limit: number): Listed<T> {
  return { totalItems: items.length, items: items.slice(0, limit) };
}

/** The first of a list that comes in any order. */
export function firstSorted<T>(items: T[], limit: number): Listed<T> {
  const keyed = items.map(item => ({ key: JSON.stringify(item), item }));
  keyed.sort((one, other) => (one.key < other.key ? -1 : 1));
  const sorted = keyed.map(({ item }) => item);
  return firstOf(sorted, limit);
}
