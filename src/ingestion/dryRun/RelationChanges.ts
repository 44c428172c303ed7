import type { Entity } from '@backstage/catalog-model';
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

/** Collects what entities name now and did not name before, and the other way round. */
export class RelationChanges {
  readonly #begin: NamedEntity[] = [];
  readonly #end: NamedEntity[] = [];

  /** Compares what an entity names; without `fresh` it would be removed. */
  compare(entityRef: string, old?: Entity, fresh?: Entity): void {
    const before = namedBy(old);
    const after = namedBy(fresh);
    for (const [key, named] of after) {
      if (!before.has(key)) {
        this.#begin.push({ entityRef, ...named });
      }
    }
    for (const [key, named] of before) {
      if (!after.has(key)) {
        this.#end.push({ entityRef, ...named });
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
    const begin = this.#begin.map(named => {
      const { target } = named;
      const isKnown =
        (known.has(target) && !removed.has(target)) || given.has(target);
      return isKnown ? named : { ...named, isUnknown: true };
    });
    const broken = await readRelationsTo({ knex, entityRefs: removals });
    const changed = new Set([
      ...removals,
      ...this.#end.map(({ entityRef, target }) => `${entityRef} ${target}`),
    ]);
    return {
      relationsBegun: firstOf(begin, limit),
      relationsEnded: firstOf(this.#end, limit),
      relationsBroken: firstOf(
        broken.filter(
          ({ entityRef, target }) =>
            !changed.has(entityRef) && !changed.has(`${entityRef} ${target}`),
        ),
        limit,
      ),
      unknownOwners: firstOf(unknownOwners(begin), limit),
    };
  }
}

function namedBy(
  entity?: Entity,
): Map<string, Pick<NamedEntity, 'field' | 'target'>> {
  const { references } = entity
    ? readReferences(entity as any)
    : { references: [] };
  return new Map(
    references.map(({ path, ref: target }) => {
      // The position in a list says nothing.
      const field = path.replace(/\[\d+\]$/, '');
      return [`${field} ${target}`, { field, target }];
    }),
  );
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

/** The first of a list in a fixed order. */
export function firstOf<T>(items: T[], limit: number): Listed<T> {
  const keyed = items.map(item => ({ key: JSON.stringify(item), item }));
  keyed.sort((one, other) => (one.key < other.key ? -1 : 1));
  return {
    totalItems: items.length,
    items: keyed.slice(0, limit).map(({ item }) => item),
  };
}
