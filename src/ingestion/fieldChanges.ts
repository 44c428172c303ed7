import type { Entity } from '@backstage/catalog-model';
import type { JsonValue } from '@backstage/types';
import { setImmediate } from 'node:timers/promises';
import { GUARDED_FIELDS, type GuardedField } from '../config/guardedFields';
import { canonicalJson } from '../lib/canonicalJson';
import { inChunks } from '../lib/inChunks';
import { type FieldChange, readHeldRefs } from './database/plans';
import {
  countGivingRecords,
  readGivenEntities,
  type StoredRecords,
} from './database/records';
import type { ObservedRecord } from './mapRecord';
import type { RunContext } from './runContext';

/** What the records of a run would change in guarded fields. */
export interface FieldChanges {
  /** By ref; no entry for an entity in which none of these fields changes. */
  byRef: ReadonlyMap<string, FieldChange[]>;
  /** Records that have entities before the run. */
  givingRecords: number;
  /** Refs that a plan holds, undecided or rejected. */
  heldRefs: ReadonlySet<string>;
}

export const NO_FIELD_CHANGES: FieldChanges = {
  byRef: new Map(),
  givingRecords: 0,
  heldRefs: new Set(),
};

/**
 * Compares the entities that changed with those before; none where the
 * configuration changed, since that is meant to change them. They are read in
 * chunks, and only their fields are kept: all of a source may have changed.
 */
export async function readFieldChanges(
  context: Pick<RunContext, 'knex' | 'settings' | 'state' | 'fingerprint'>,
  options: { observed: ObservedRecord[]; stored: StoredRecords },
): Promise<FieldChanges> {
  const { knex, settings, state, fingerprint } = context;
  const { observed, stored } = options;
  const source = settings.name;
  // A run that died leaves none, and was no change of the configuration.
  if (![undefined, fingerprint].includes(state.fingerprint)) {
    return NO_FIELD_CHANGES;
  }
  const hashes = new Map(
    [...stored.contributions.values()]
      .flat()
      .map(({ entityRef, hash }) => [entityRef, hash]),
  );
  const changed = observed
    .flatMap(({ outcome }) =>
      outcome.type === 'mapped' ? outcome.contributions : [],
    )
    .filter(c => ![undefined, c.hash].includes(hashes.get(c.entityRef)));
  const byRef = new Map<string, FieldChange[]>();
  for (const chunk of inChunks(changed)) {
    const entityRefs = chunk.map(c => c.entityRef);
    const given = await readGivenEntities({ knex, source, entityRefs });
    for (const { recordId, entityRef, entity } of chunk) {
      const wasMissing = stored.records.get(recordId)?.state === 'missing';
      const changes = compareFields(
        given.get(entityRef)?.entity,
        entity,
      ).filter(change => !(wasMissing && isRevival(change)));
      if (changes.length) {
        byRef.set(entityRef, changes);
      }
    }
    await setImmediate();
  }
  return byRef.size === 0
    ? NO_FIELD_CHANGES
    : {
        byRef,
        givingRecords: await countGivingRecords({ knex, source }),
        heldRefs: await readHeldRefs({ knex, source }),
      };
}

/** A record that is listed again takes back that its entity was deprecated, however many do. */
function isRevival({ field, from }: FieldChange): boolean {
  return field === 'spec.lifecycle' && from === 'deprecated';
}

/** The guarded fields in which an entity differs, both given as JSON. */
export function compareFields(
  before: string | undefined,
  after: string,
): FieldChange[] {
  if (before === undefined) {
    return [];
  }
  const [old, fresh]: Entity[] = [JSON.parse(before), JSON.parse(after)];
  return GUARDED_FIELDS.map(field => ({
    field,
    from: valueOf(old, field),
    to: valueOf(fresh, field),
  })).filter(({ from, to }) => inAnyOrder(from) !== inAnyOrder(to));
}

function valueOf(entity: Entity, field: GuardedField): JsonValue | undefined {
  return entity.spec?.[field.slice('spec.'.length)];
}

/** The order of relations has no meaning. */
function inAnyOrder(value: JsonValue | undefined): string | undefined {
  return Array.isArray(value)
    ? canonicalJson(value.map(canonicalJson).sort())
    : canonicalJson(value);
}
