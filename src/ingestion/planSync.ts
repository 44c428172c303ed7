import type { Problem, ProblemCode } from '../lib/problem';
import type { StoredRecord, SyncChanges } from './database/SyncStore';
import type { ObservedRecord, PlanInput, SyncPlan, Wish } from './planTypes';
import { holdRemovals } from './removalGuard';
import { resolveRefs, storedOf } from './resolveRefs';

/** Errors that may go without any change of the list. */
const UNSETTLED: ProblemCode[] = [
  'ref-taken',
  'relation-cycle',
  'transformer-failed',
];

/** Match nothing, so that the next run judges the record anew. */
export const UNKNOWN_HASHES = { bytesHash: undefined, rawHash: '' };

/**
 * Decides what a run changes. Pure: the same input gives the same plan, and
 * planning again after the plan was carried out gives an empty one, unless
 * something waits.
 */
export function planSync(input: PlanInput): SyncPlan {
  const fresh = input.observed.filter(record => !isOlder(record, input));
  const unlisted = input.complete ? missingRecords(input) : [];
  const isDoubted = (record: StoredRecord) =>
    input.unstablePagination && record.state !== 'missing';
  const doubted = unlisted.filter(isDoubted);
  const missing = unlisted.filter(record => !isDoubted(record));
  const keep = new Set(doubted.map(record => record.recordId));
  const resolved = resolveRefs(fresh, input, keep);
  const dropped = droppedRefs(resolved.wishes, missing, input);
  const unapproved = [...dropped].filter(ref => !input.approved.has(ref));
  const reason =
    unapproved.length > 0 && input.removalsWait
      ? input.removalsWait
      : holdRemovals({
          removals: unapproved.length,
          total: input.total - (dropped.size - unapproved.length),
          listed: input.listed,
          settings: input.removals,
        });
  if (!reason) {
    return describe(
      { ...resolved, gone: missing, missing: doubted, postponed: [] },
      input,
    );
  }
  return describe(
    holdBack({ fresh, missing, doubted, dropped, unapproved, reason }, input),
    input,
  );
}

/**
 * Leaves whatever loses a ref without approval as it is. What waits keeps its
 * refs, for lack of which another may have to wait too, until nothing is lost.
 * An approved ref of a record that waits is held with it.
 */
function holdBack(
  wanted: {
    fresh: ObservedRecord[];
    missing: StoredRecord[];
    /** Not listed, and kept until the next list lacks them as well. */
    doubted: StoredRecord[];
    dropped: Set<string>;
    unapproved: string[];
    reason: string;
  },
  input: PlanInput,
): Draft {
  const { fresh, missing, doubted, reason } = wanted;
  const waiting = new Set(doubted.map(record => record.recordId));
  const held = new Set<string>();
  const waits = (record: { recordId: string }) => waiting.has(record.recordId);
  const leaves = (record: { recordId: string }) => !waits(record);
  let lost = wanted.unapproved;
  let resolved: ReturnType<typeof resolveRefs>;
  let dropped: Set<string>;
  do {
    lost.forEach(ref => held.add(ref));
    recordsThatHave(lost, input).forEach(id => waiting.add(id));
    resolved = resolveRefs(fresh, input, waiting);
    const gone = missing.filter(leaves);
    dropped = droppedRefs(resolved.wishes, gone, input);
    lost = [...dropped].filter(
      ref => !held.has(ref) && !input.approved.has(ref),
    );
  } while (lost.length > 0);
  for (const ref of wanted.dropped) {
    if (!dropped.has(ref)) {
      held.add(ref);
    }
  }
  return {
    problems: resolved.problems,
    wishes: resolved.wishes.filter(wish => leaves(wish.record)),
    postponed: resolved.wishes.filter(wish => waits(wish.record)),
    gone: missing.filter(leaves),
    missing: [...doubted, ...missing.filter(waits)],
    held: { refs: [...held].sort(), reason },
  };
}

function isOlder(record: ObservedRecord, input: PlanInput): boolean {
  const known = input.stored.records.get(record.recordId);
  return known !== undefined && known.observedAt > input.observedAt;
}

function missingRecords(input: PlanInput): StoredRecord[] {
  const listed = new Set(input.observed.map(record => record.recordId));
  return [...input.stored.records.values()].filter(
    record =>
      !listed.has(record.recordId) && record.observedAt <= input.observedAt,
  );
}

function droppedRefs(
  wishes: Wish[],
  missing: StoredRecord[],
  input: PlanInput,
): Set<string> {
  const kept = new Set(wishes.flatMap(w => w.after.map(c => c.entityRef)));
  const before = [
    ...wishes.flatMap(wish => wish.before),
    ...missing.flatMap(record => storedOf(record.recordId, input)),
  ].map(c => c.entityRef);
  return new Set(
    [...before, ...lostStrays(input)].filter(ref => !kept.has(ref)),
  );
}

/**
 * What a whole list lacks is gone, even where it is not known what gave it;
 * unless a record that is listed and cannot be read may have given it.
 */
function lostStrays(input: PlanInput): string[] {
  const unknown = input.observed.some(
    ({ recordId, outcome }) =>
      outcome.type === 'invalid' && storedOf(recordId, input).length === 0,
  );
  return input.complete && !unknown ? input.strays : [];
}

function recordsThatHave(refs: string[], input: PlanInput): string[] {
  const wanted = new Set(refs);
  return [...input.stored.contributions]
    .filter(([, contributions]) =>
      contributions.some(c => wanted.has(c.entityRef)),
    )
    .map(([recordId]) => recordId);
}

/** What a run does, before it is put into the terms of catalog and tables. */
interface Draft {
  wishes: Wish[];
  problems: Problem[];
  /** Records that leave the tables. */
  gone: StoredRecord[];
  /** Records that are no longer listed and wait with their entities. */
  missing: StoredRecord[];
  /** Records whose change waits, because it would take a held ref away. */
  postponed: Wish[];
  held?: SyncPlan['held'];
}

function describe(draft: Draft, input: PlanInput): SyncPlan {
  const { held, problems } = draft;
  const hashes = new Map(
    [...input.stored.contributions.values()]
      .flat()
      .map(c => [c.entityRef, c.hash]),
  );
  const upserts = draft.wishes
    .flatMap(wish => wish.fresh)
    .filter(c => hashes.get(c.entityRef) !== c.hash);
  const changes = changesOf(draft, input);
  const kept = new Set(
    draft.wishes.flatMap(w => w.after.map(c => c.entityRef)),
  );
  const waiting = new Set(held?.refs);
  const removals = [
    ...new Set([
      ...changes.removedContributions.map(c => c.entityRef),
      ...lostStrays(input).filter(ref => !waiting.has(ref)),
    ]),
  ].filter(ref => !kept.has(ref));
  return {
    upserts,
    removals,
    held,
    changes,
    problems,
    settled:
      input.complete &&
      !held &&
      draft.missing.length === 0 &&
      !problems.some(p => UNSETTLED.includes(p.code)) &&
      !input.observed.some(record => isOlder(record, input)),
    counts: {
      records: input.listed,
      added: upserts.filter(c => !hashes.has(c.entityRef)).length,
      changed: upserts.filter(c => hashes.has(c.entityRef)).length,
      removed: removals.length,
      held: held?.refs.length ?? 0,
      invalid: draft.wishes.filter(w => w.record.outcome.type === 'invalid')
        .length,
    },
  };
}

function changesOf(draft: Draft, input: PlanInput): SyncChanges {
  const records = [
    ...draft.wishes.map(wish => recordAfter(wish, input)),
    // What waits is judged anew by the next run, so its hash must not match.
    ...draft.postponed.map(wish => ({
      ...recordAfter(wish, input),
      ...UNKNOWN_HASHES,
    })),
    ...draft.missing.map(record => ({
      ...record,
      ...UNKNOWN_HASHES,
      state: 'missing' as const,
      missingSince: record.missingSince ?? input.observedAt,
    })),
  ];
  const gone = draft.gone.map(record => record.recordId);
  return {
    records: records.filter(record => differs(record, input)),
    removedRecords: gone,
    contributions: draft.wishes.flatMap(({ before, fresh }) =>
      fresh.filter(
        c =>
          !before.some(b => b.entityRef === c.entityRef && b.hash === c.hash),
      ),
    ),
    removedContributions: [
      ...draft.wishes.flatMap(({ before, after }) =>
        before.filter(b => !after.some(c => c.entityRef === b.entityRef)),
      ),
      ...gone.flatMap(recordId => storedOf(recordId, input)),
    ].map(({ recordId, entityRef }) => ({ recordId, entityRef })),
  };
}

function recordAfter({ record }: Wish, input: PlanInput): StoredRecord {
  const { recordId, bytesHash, rawHash, outcome } = record;
  const known = input.stored.records.get(recordId);
  if (known && outcome.type === 'unchanged') {
    return {
      ...known,
      bytesHash: bytesHash ?? known.bytesHash,
      rawHash: rawHash ?? known.rawHash,
      state: 'seen',
    };
  }
  return {
    recordId,
    observedAt: input.observedAt,
    bytesHash,
    rawHash: rawHash ?? '',
    state: outcome.type === 'invalid' ? 'invalid' : 'seen',
  };
}

/** The time of an observation alone is no change: nothing changed, nothing written. */
function differs(record: StoredRecord, input: PlanInput): boolean {
  const known = input.stored.records.get(record.recordId);
  return (
    !known ||
    known.state !== record.state ||
    known.rawHash !== record.rawHash ||
    known.bytesHash !== record.bytesHash
  );
}
