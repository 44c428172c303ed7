import type { Knex } from 'knex';
import type { FieldDifference } from '../../lib/fieldDifferences';
import { canonicalJson } from '../../lib/canonicalJson';
import type { Page, PageRequest } from '../../lib/page';
import { listRunChanges, type RunChange } from '../database/runChanges';
import type { EntityChange, Pin } from './change';
import { outdatedReason } from './checkChanges';
import { entityFields } from './entityFields';
import { readCurrentEntities } from './readCurrent';

/** What is done to an entity, field by field. */
export interface ShownChange {
  entityRef: string;
  recordId?: string;
  /** `keep`: it stays as it is, and is pinned. */
  action: 'add' | 'change' | 'remove' | 'keep';
  fields: FieldDifference[];
  pin?: Pin;
  /** Why it would be left alone by now. */
  left?: string;
}

/** A page of what a run changed. */
export async function showRunChanges(options: {
  knex: Knex;
  runId: string;
  page: PageRequest;
}): Promise<Page<ShownChange>> {
  const changes = await listRunChanges(options);
  return { ...changes, items: changes.items.map(showRunChange) };
}

function showRunChange({ entityRef, before, after }: RunChange): ShownChange {
  return {
    entityRef,
    recordId: (after ?? before)?.recordId,
    ...compare(before?.entity, after?.entity),
  };
}

/** Changes that wait to be made, compared with what there is now. */
export async function showChanges(options: {
  knex: Knex;
  source: string;
  changes: EntityChange[];
}): Promise<ShownChange[]> {
  const { knex, source, changes } = options;
  const entityRefs = changes.map(({ entityRef }) => entityRef);
  const current = await readCurrentEntities({ knex, source, entityRefs });
  return changes.map(change => {
    const { entityRef, recordId, after, pin } = change;
    const now = current.get(entityRef);
    return {
      entityRef,
      recordId: recordId ?? now?.state?.recordId,
      ...compare(now?.state?.entity, after && canonicalJson(after)),
      pin,
      left: outdatedReason(change, now),
    };
  });
}

function compare(
  before: string | undefined,
  after: string | undefined,
): Pick<ShownChange, 'action' | 'fields'> {
  const fields = entityFields(before, after);
  if (before !== undefined && after !== undefined) {
    return { action: fields.length > 0 ? 'change' : 'keep', fields };
  }
  if (before === undefined && after === undefined) {
    return { action: 'keep', fields };
  }
  return { action: before === undefined ? 'add' : 'remove', fields };
}
