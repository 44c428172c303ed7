import type { StoredRecord } from './database/records';
import { holdRemovals } from './guards';
import type { ObservedRecord } from './mapRecord';
import {
  type Decision,
  isOlder,
  type PlanInput,
  removableOrphans,
  storedOf,
  type SyncPlan,
  toPlan,
} from './plan';
import { type DesiredRecord, resolveRefs } from './resolveRefs';

/**
 * Decides what a run changes. Pure: the same input gives the same plan, and
 * planning again after the plan was carried out gives an empty one, unless
 * something waits.
 */
export function planSync(input: PlanInput): SyncPlan {
  const fresh = input.observed.filter(record => !isOlder(record, input));
  const unlisted = input.complete ? unlistedRecords(input) : [];
  const isUnconfirmed = (record: StoredRecord) =>
    input.unstablePagination && record.state !== 'missing';
  const unconfirmed = unlisted.filter(isUnconfirmed);
  const gone = unlisted.filter(record => !isUnconfirmed(record));
  const waiting = new Set(unconfirmed.map(record => record.recordId));
  const resolved = resolveRefs(fresh, input, waiting);
  const dropped = droppedRefs(resolved.desired, gone, input);
  const unapproved = [...dropped].filter(ref => !input.approved.has(ref));
  const reason =
    unapproved.length > 0 && input.removalsWait
      ? input.removalsWait
      : holdRemovals({
          removals: unapproved.length,
          total: input.total - (dropped.size - unapproved.length),
          recent: input.recentRemovals,
          listed: input.listed,
          nonePasses: input.isFiltered && fresh.every(givesNothing),
          settings: input.removals,
        });
  const decision = reason
    ? holdBack({ fresh, gone, unconfirmed, dropped, unapproved, reason }, input)
    : { ...resolved, gone, missing: unconfirmed, postponed: [] };
  return toPlan(decision, input);
}

/**
 * Leaves every record that would drop a ref without approval as it is. Such a
 * record keeps its refs, so another record that desires one of them may have to
 * wait as well. That takes several rounds. An approved ref of a record that
 * waits is held with it.
 */
function holdBack(
  wanted: {
    fresh: ObservedRecord[];
    /** Not listed, and to be removed. */
    gone: StoredRecord[];
    /** Not listed, and kept until the next list lacks them as well. */
    unconfirmed: StoredRecord[];
    dropped: Set<string>;
    unapproved: string[];
    reason: string;
  },
  input: PlanInput,
): Decision {
  const { fresh, gone, unconfirmed, reason } = wanted;
  const waiting = new Set(unconfirmed.map(record => record.recordId));
  const waits = (record: { recordId: string }) => waiting.has(record.recordId);
  const goesOn = (record: { recordId: string }) => !waits(record);
  const held = new Set<string>();
  let unapproved = wanted.unapproved;
  let resolved: ReturnType<typeof resolveRefs>;
  let dropped: Set<string>;
  do {
    unapproved.forEach(ref => held.add(ref));
    recordsThatHave(unapproved, input).forEach(id => waiting.add(id));
    resolved = resolveRefs(fresh, input, waiting);
    dropped = droppedRefs(resolved.desired, gone.filter(goesOn), input);
    unapproved = [...dropped].filter(
      ref => !held.has(ref) && !input.approved.has(ref),
    );
  } while (unapproved.length > 0);
  for (const ref of wanted.dropped) {
    if (!dropped.has(ref)) {
      held.add(ref);
    }
  }
  return {
    problems: resolved.problems,
    desired: resolved.desired.filter(({ record }) => goesOn(record)),
    postponed: resolved.desired.filter(({ record }) => waits(record)),
    gone: gone.filter(goesOn),
    missing: [...unconfirmed, ...gone.filter(waits)],
    held: { refs: [...held].sort(), reason },
  };
}

function givesNothing({ outcome }: ObservedRecord): boolean {
  return outcome.type === 'mapped' && outcome.contributions.length === 0;
}

function unlistedRecords(input: PlanInput): StoredRecord[] {
  const listed = new Set(input.observed.map(record => record.recordId));
  return [...input.stored.records.values()].filter(
    record =>
      !listed.has(record.recordId) && record.observedAt <= input.observedAt,
  );
}

function droppedRefs(
  desired: DesiredRecord[],
  gone: StoredRecord[],
  input: PlanInput,
): Set<string> {
  const kept = new Set(desired.flatMap(d => d.after.map(c => c.entityRef)));
  const before = [
    ...desired.flatMap(d => d.before),
    ...gone.flatMap(record => storedOf(record.recordId, input)),
  ].map(c => c.entityRef);
  return new Set(
    [...before, ...removableOrphans(input)].filter(ref => !kept.has(ref)),
  );
}

function recordsThatHave(refs: string[], input: PlanInput): string[] {
  const wanted = new Set(refs);
  return [...input.stored.contributions]
    .filter(([, contributions]) =>
      contributions.some(c => wanted.has(c.entityRef)),
    )
    .map(([recordId]) => recordId);
}
