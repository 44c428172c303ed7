import type { Item } from '../api/types';
import type { FieldChange } from '../components/FieldChanges';

export interface PlanRow {
  entityRef: string;
  owner?: string;
  action: 'add' | 'change' | 'remove' | 'keep';
  fields: FieldChange[];
  /** Why the entity would be left alone by now. */
  left?: string;
}

type GivenRow = Item<'/sources/{source}/plan'> &
  Partial<Item<'/sources/{source}/plans/{hash}'>>;

/** What a run held says its changes in words of its own; without any, it removes. */
export function readPlanRow(given: GivenRow): PlanRow {
  const { entityRef, owner, changes, action, fields, left } = given;
  return {
    entityRef,
    owner,
    left,
    action: action ?? (changes ? 'change' : 'remove'),
    fields:
      fields ??
      (changes ?? []).map(({ field, from, to }) => ({
        path: field,
        before: from,
        after: to,
      })),
  };
}
