import type { Contribution } from '../database/records';
import { countEntities, readRecords } from '../database/records';
import { NO_FIELD_CHANGES } from '../fieldChanges';
import { storedOf, type SyncPlan, toPlan } from '../plan';
import type { DesiredRecord } from '../resolveRefs';
import type { RunContext } from '../runContext';
import type { CheckedChange } from './checkChanges';

/**
 * The plan that makes changes, in the terms of a run over a list, so that the
 * same code carries it out. No guard holds any of it: a person saw it, or it is
 * what a pusher may do.
 */
export async function planChanges(
  { knex, settings, run }: Pick<RunContext, 'knex' | 'settings' | 'run'>,
  changes: CheckedChange[],
): Promise<SyncPlan> {
  const source = settings.name;
  const fresh = new Map<string, Contribution[]>();
  for (const { recordId, current, contribution } of changes) {
    const holder = current?.state?.recordId;
    for (const id of holder === undefined ? [] : [holder]) {
      fresh.set(id, fresh.get(id) ?? []);
    }
    if (contribution) {
      fresh.set(recordId, [...(fresh.get(recordId) ?? []), contribution]);
    }
  }
  const changed = new Set(changes.map(({ entityRef }) => entityRef));
  const stored = await readRecords({
    knex,
    source,
    recordIds: [...fresh.keys()],
  });
  const desired = [...fresh].map(([recordId, given]): DesiredRecord => {
    const before = storedOf(recordId, { stored });
    const kept = before.filter(c => !changed.has(c.entityRef));
    return {
      record: {
        recordId,
        outcome: { type: 'mapped', contributions: given },
      },
      before,
      fresh: given,
      after: [...kept, ...given],
    };
  });
  return toPlan(
    { desired, problems: [], gone: [], missing: [], postponed: [] },
    {
      stored,
      observed: [],
      observedAt: run.startedAt,
      total: await countEntities({ knex, source }),
      recentRemovals: 0,
      listed: 0,
      isFiltered: false,
      unidentified: [],
      complete: false,
      unstablePagination: false,
      foreignOwners: new Map(),
      removals: settings.removals,
      changes: settings.changes,
      fieldChanges: NO_FIELD_CHANGES,
      orphans: [],
      approved: changed,
    },
  );
}
