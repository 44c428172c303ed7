import type { EntityRegistry } from '../database/catalogTables';
import { providerName } from '../lib/keys';
import type { StoredRecords } from './database/SyncStore';
import { inWords } from './ownership';
import { UNKNOWN_HASHES } from './planSync';
import type { SyncPlan } from './planTypes';

/**
 * Looks whether the catalog took what was new to it. A ref that somebody else
 * took first is refused with no more than a line in the catalog's log; it must
 * not be written down as ours, its record keeps what it has, and the next run
 * has to judge it anew.
 */
export async function confirmApplied(options: {
  source: string;
  plan: SyncPlan;
  stored: StoredRecords;
  adopted: ReadonlyMap<string, string>;
  registry: EntityRegistry;
}): Promise<SyncPlan> {
  const { source, plan, stored, adopted, registry } = options;
  const keyOf = (ref: string) => adopted.get(ref) ?? providerName(source);
  const known = new Set(
    [...stored.contributions.values()].flat().map(c => c.entityRef),
  );
  const added = plan.upserts.filter(c => !known.has(c.entityRef));
  if (added.length === 0) {
    return plan;
  }
  const owners = await registry.locationKeys(added.map(c => c.entityRef));
  const refused = new Map(
    added
      .filter(c => owners.get(c.entityRef) !== keyOf(c.entityRef))
      .map(c => [c.entityRef, c]),
  );
  return refused.size === 0 ? plan : without(plan, refused, owners);
}

function without(
  plan: SyncPlan,
  refused: Map<string, { recordId: string; entityRef: string }>,
  owners: Map<string, string | null>,
): SyncPlan {
  const records = new Set([...refused.values()].map(c => c.recordId));
  const removals = new Set(plan.removals);
  const kept = new Set(
    plan.changes.removedContributions
      .filter(c => records.has(c.recordId) && removals.has(c.entityRef))
      .map(c => c.entityRef),
  );
  return {
    ...plan,
    settled: false,
    upserts: plan.upserts.filter(c => !refused.has(c.entityRef)),
    removals: plan.removals.filter(ref => !kept.has(ref)),
    counts: {
      ...plan.counts,
      added: plan.counts.added - refused.size,
      removed: plan.counts.removed - kept.size,
      invalid: plan.counts.invalid + records.size,
    },
    changes: {
      ...plan.changes,
      contributions: plan.changes.contributions.filter(
        c => !refused.has(c.entityRef),
      ),
      removedContributions: plan.changes.removedContributions.filter(
        c => !kept.has(c.entityRef),
      ),
      records: plan.changes.records.map(record =>
        records.has(record.recordId)
          ? { ...record, ...UNKNOWN_HASHES, state: 'invalid' as const }
          : record,
      ),
    },
    problems: [
      ...plan.problems,
      ...[...refused.values()].map(({ recordId, entityRef }) => ({
        code: 'ref-taken' as const,
        severity: 'error' as const,
        recordId,
        entityRef,
        message:
          `The catalog did not take "${entityRef}" of record "${recordId}": ` +
          `${inWords(
            owners.get(entityRef),
          )} has it. Give one of them another ` +
          `name or namespace.`,
      })),
    ],
  };
}
