import { canonicalJson, hashOf } from '../lib/canonicalJson';
import type { StoredRecords } from './database/SyncStore';
import type { HeldPlan, PlanRef } from './database/plans';

/** The plan that a person is asked about: what it would remove, and why it waits. */
export function heldPlan(options: {
  source: string;
  stored: StoredRecords;
  held: { refs: string[]; reason: string };
}): HeldPlan {
  const { source, stored, held } = options;
  const records = new Map(
    [...stored.contributions.values()]
      .flat()
      .map(({ entityRef, recordId }) => [entityRef, recordId]),
  );
  const refs = held.refs.map(entityRef => ({
    entityRef,
    recordId: records.get(entityRef),
  }));
  return planOf({ source, refs, reason: held.reason });
}

/** A plan that removes these refs; the same refs of a source give the same hash. */
export function planOf(options: {
  source: string;
  refs: PlanRef[];
  reason: string;
}): HeldPlan {
  const { source, refs, reason } = options;
  const sorted = refs.map(ref => ref.entityRef).sort();
  return { hash: hashOf(canonicalJson([source, sorted])), reason, refs };
}
