import type { Contribution, StoredRecord } from './database/records';
import { holdChanges, holdRemovals } from './guards';
import type { ObservedRecord } from './mapRecord';
import {
  type Decision,
  isKept,
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
    isKept(record, input) ||
    (input.unstablePagination && record.state !== 'missing');
  const unconfirmed = unlisted.filter(isUnconfirmed);
  const gone = unlisted.filter(record => !isUnconfirmed(record));
  return toPlan(decide({ fresh, gone, unconfirmed }, input), input);
}

/**
 * Leaves every record that would remove or change what is held as it is. Such a
 * record keeps its refs, so another record that desires one of them may have to
 * wait as well. That takes several rounds. An approved ref of a record that
 * waits is held with it.
 */
function decide(
  listed: {
    fresh: ObservedRecord[];
    /** Not listed, and to be removed. */
    gone: StoredRecord[];
    /** Not listed, and kept: always, or until the next list lacks them as well. */
    unconfirmed: StoredRecord[];
  },
  input: PlanInput,
): Decision {
  const { fresh, gone, unconfirmed } = listed;
  const given = fresh.flatMap(contributionsOf);
  const { changes, reasons } = holdChanges(given, input);
  const waiting = new Set(unconfirmed.map(record => record.recordId));
  const waits = (record: { recordId: string }) => waiting.has(record.recordId);
  const goesOn = (record: { recordId: string }) => !waits(record);
  const resolve = () => {
    const resolved = resolveRefs(fresh, input, waiting);
    const going = gone.filter(goesOn);
    return {
      ...resolved,
      dropped: droppedRefs(resolved.desired, going, input),
    };
  };
  given
    .filter(c => changes.has(c.entityRef))
    .forEach(c => waiting.add(c.recordId));
  recordsThatHave([...changes.keys()], input).forEach(id => waiting.add(id));
  let resolved = resolve();
  const wanted = resolved.dropped;
  const held = new Set<string>();
  let unapproved = [...wanted].filter(ref => !input.approved.has(ref));
  const reason = holdReason({ fresh, wanted, unapproved }, input);
  while (reason && unapproved.length > 0) {
    unapproved.forEach(ref => held.add(ref));
    recordsThatHave(unapproved, input).forEach(id => waiting.add(id));
    resolved = resolve();
    unapproved = [...resolved.dropped].filter(
      ref => !held.has(ref) && !input.approved.has(ref),
    );
  }
  if (reason) {
    reasons.push(reason);
    [...wanted]
      .filter(ref => !resolved.dropped.has(ref))
      .forEach(ref => held.add(ref));
  }
  const { desired, problems } = resolved;
  return {
    problems,
    desired: desired.filter(({ record }) => goesOn(record)),
    postponed: desired.filter(({ record }) => waits(record)),
    gone: gone.filter(goesOn),
    missing: [...unconfirmed, ...gone.filter(waits)],
    held: reasons.length
      ? { refs: [...held].sort(), changes, reason: reasons.join('; ') }
      : undefined,
  };
}

/** Why removals are held, if they are. */
function holdReason(
  options: {
    fresh: ObservedRecord[];
    wanted: Set<string>;
    unapproved: string[];
  },
  input: PlanInput,
): string | undefined {
  const { fresh, wanted, unapproved } = options;
  if (unapproved.length === 0) {
    return undefined;
  }
  return (
    input.removalsWait?.(unapproved) ??
    holdRemovals({
      removals: unapproved.length,
      total: input.total - (wanted.size - unapproved.length),
      recent: input.recentRemovals,
      listed: input.listed,
      nonePasses: input.isFiltered && fresh.every(givesNothing),
      settings: input.removals,
    })
  );
}

function contributionsOf({ outcome }: ObservedRecord): Contribution[] {
  return outcome.type === 'mapped' ? outcome.contributions : [];
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
