import { kindOf } from '../../lib/keys';
import type { SyncPlan } from '../plan';

/** Refs that records change: what one calls otherwise now is one entity, not two. */
export interface Renames {
  byNew: ReadonlyMap<string, string>;
  byOld: ReadonlyMap<string, string>;
}

/**
 * Pairs what a plan removes of a record with what it adds of it, kind by kind in
 * the order of the templates.
 */
export function findRenames({ basis, upserts, removals }: SyncPlan): Renames {
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
