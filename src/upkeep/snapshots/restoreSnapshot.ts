import { InputError } from '@backstage/errors';
import {
  hashPlan,
  proposeChanges,
  toPlanRefs,
} from '../../ingestion/changes/proposeChanges';
import {
  type EntityChange,
  type LeftChange,
  toPin,
} from '../../ingestion/changes/change';
import type { SourcesContext } from '../../ingestion/control/sources';
import type { PlanReport } from '../../ingestion/database/planDecisions';
import type { Snapshot } from '../../ingestion/snapshots/snapshot';
import { readSnapshotLines } from '../../ingestion/snapshots/tables';
import { SnapshotDifference } from './SnapshotDifference';

/** What would restore entities of a snapshot: a plan for each source. */
export interface Restore {
  plans: RestorePlan[];
  /** What is in the snapshot and is not restored. */
  left: LeftChange[];
}

interface RestorePlan {
  source: string;
  /** Not stored yet. */
  plan: Pick<PlanReport, 'hash' | 'kind' | 'reason' | 'count'>;
  changes: EntityChange[];
}

export interface RestoreOptions {
  snapshot: Snapshot;
  /** All entities by default. Then what came since is removed. */
  entityRefs?: string[];
  /** Whether what came since stays. */
  keepNew: boolean;
  reason?: string;
  /** Until when the entities stay pinned. */
  until?: Date;
}

type RestoreContext = Pick<SourcesContext, 'knex' | 'syncs' | 'now'>;

/**
 * The plans that give entities back as they are in a snapshot, and pin them. An
 * entity of another owner is never restored.
 *
 * @throws InputError that names what cannot be restored, by field.
 */
export async function planRestore(
  context: RestoreContext,
  options: RestoreOptions,
): Promise<Restore> {
  const { knex, now } = context;
  const { snapshot, entityRefs, keepNew, until } = options;
  const {
    reason = `restored from snapshot "${snapshot.id}" of ${snapshot.createdAt}`,
  } = options;
  const pin = toPin({ reason, until, now: now() });
  const difference = new SnapshotDifference(context, {
    pin,
    isImported: snapshot.origin === 'imported',
    selected: entityRefs && new Set(entityRefs),
  });
  for await (const lines of readSnapshotLines({ knex, snapshot })) {
    await difference.compare(lines.map(line => JSON.parse(line)));
  }
  // What the file of an imported one lacks is unknown, not gone.
  if (!entityRefs && !keepNew && snapshot.origin === 'taken') {
    await difference.removeNew(snapshot);
  }
  assertRestorable(difference, options);
  const plans: RestorePlan[] = [];
  for (const [source, changes] of difference.changes) {
    const refs = await toPlanRefs({ knex, source, changes });
    const hash = hashPlan(source, 'restore', refs);
    const count = changes.length;
    plans.push({
      source,
      plan: { hash, kind: 'restore', reason, count },
      changes,
    });
  }
  return { plans, left: difference.left };
}

/** Stores those plans, to be approved. */
export async function proposeRestore(
  context: RestoreContext,
  options: RestoreOptions & { by: string },
): Promise<Restore> {
  const { knex, now } = context;
  const { plans, left } = await planRestore(context, options);
  const stored: RestorePlan[] = [];
  for (const { source, plan, changes } of plans) {
    const proposal = await proposeChanges({
      knex,
      source,
      kind: 'restore',
      reason: plan.reason,
      changes,
      origin: options.snapshot.id,
      by: options.by,
      now: now(),
    });
    stored.push({ source, plan: proposal, changes });
  }
  return { plans: stored, left };
}

/** So many faults are named. */
const MAX_FAULTS = 20;

function assertRestorable(
  { faults, found, left }: SnapshotDifference,
  { snapshot, entityRefs = [] }: RestoreOptions,
): void {
  const reasons = new Map(left.map(each => [each.entityRef, each.reason]));
  const ofSelection = entityRefs.flatMap((ref, index) => {
    const reason = found.has(ref)
      ? reasons.get(ref)
      : `it is not in snapshot "${snapshot.id}"`;
    return reason
      ? [`entityRefs[${index}]: "${ref}" cannot be restored: ${reason}`]
      : [];
  });
  const all = [...ofSelection, ...faults];
  if (all.length > 0) {
    throw new InputError(all.slice(0, MAX_FAULTS).join('; '));
  }
}
