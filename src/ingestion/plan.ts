import type { ChangeSettings, RemovalSettings } from '../config/source';
import type { Problem, ProblemCode } from '../lib/problem';
import { changeKey, type FieldChange } from './database/plans';
import type {
  Contribution,
  StoredContribution,
  StoredRecord,
  StoredRecords,
} from './database/records';
import type { RunCounts } from './database/runs';
import type { FieldChanges } from './fieldChanges';
import type { ObservedRecord } from './mapRecord';
import type { DesiredRecord } from './resolveRefs';

/**
 * What a plan is made of. Records that have not changed may be left out of both
 * `stored` and `observed`, unless another record desires a ref that they have.
 */
export interface PlanInput {
  stored: StoredRecords;
  observed: ObservedRecord[];
  /** When the fetch began. */
  observedAt: Date;
  /** Entities of the source before the run. */
  total: number;
  /** Entities that runs of the last 24 hours removed without an approval. */
  recentRemovals: number;
  /** Records in the answer, identified or not. */
  listed: number;
  /** Whether the source has a condition that records must pass. */
  isFiltered: boolean;
  /** One problem for each record that cannot be identified. */
  unidentified: Problem[];
  /** Whether the answer is the whole list, so that what it lacks is gone. */
  complete: boolean;
  /** Why it is not, where a person is to be told. */
  incomplete?: string;
  /** Whether a record counts as gone only once two lists in a row lack it. */
  unstablePagination: boolean;
  /** Who else owns a ref, for a message; no entry for one that is free or ours. */
  foreignOwners: Map<string, string>;
  removals: RemovalSettings;
  changes: ChangeSettings;
  /** Empty where the configuration changed, which may change everything. */
  fieldChanges: FieldChanges;
  /** Why these refs may not be removed without an approval, however few they are. */
  removalsWait?: (refs: string[]) => string | undefined;
  /** Refs that the catalog has of the source, and our tables do not know. */
  orphans: string[];
  /** Refs whose removal a person approved, and keys of approved changes: they pass whatever the guards say. */
  approved: ReadonlySet<string>;
}

export interface SyncPlan {
  /** Entities to add to the catalog or to change there. */
  upserts: Contribution[];
  /** Refs to remove from the catalog. */
  removals: string[];
  /** Refs whose removal is held, changes that are held by ref, and why. */
  held?: {
    refs: string[];
    changes: Map<string, FieldChange[]>;
    reason: string;
  };
  changes: SyncChanges;
  problems: Problem[];
  counts: RunCounts;
  /**
   * Whether the same answer would give the same plan again, so that its
   * validators may be kept and a 304 taken for "nothing to do".
   */
  stable: boolean;
  /** What the plan was made of. */
  basis: { decision: Decision; input: PlanInput };
}

/** What a plan changes in the tables; written after the catalog took its mutations. */
export interface SyncChanges {
  records: StoredRecord[];
  removedRecords: string[];
  contributions: Contribution[];
  removedContributions: Array<{ recordId: string; entityRef: string }>;
}

/** What a run decided, before it is put into the terms of catalog and tables. */
export interface Decision {
  desired: DesiredRecord[];
  problems: Problem[];
  /** Records that leave the tables. */
  gone: StoredRecord[];
  /** Records that are no longer listed and wait with their entities. */
  missing: StoredRecord[];
  /** Records whose change waits, because it would remove or change what is held. */
  postponed: DesiredRecord[];
  held?: SyncPlan['held'];
}

/** Errors that may go without any change of the list. */
const TRANSIENT_CODES: ProblemCode[] = [
  'ref-taken',
  'not-stored',
  'relation-cycle',
  'transformer-failed',
];

/** Match nothing, so that the next run evaluates the record again. */
export const UNKNOWN_HASHES = { bytesHash: undefined, rawHash: '' };

/** A decision in the terms of catalog and tables. */
export function toPlan(decision: Decision, input: PlanInput): SyncPlan {
  const { desired, held } = decision;
  const { unidentified } = input;
  const problems = [...unidentified, ...decision.problems];
  const invalid = desired.filter(d => d.record.outcome.type === 'invalid');
  const hashes = new Map(
    [...input.stored.contributions.values()]
      .flat()
      .map(c => [c.entityRef, c.hash]),
  );
  const upserts = desired
    .flatMap(({ fresh }) => fresh)
    .filter(c => hashes.get(c.entityRef) !== c.hash);
  const changes = toChanges(decision, input);
  const removals = removalsOf(decision, changes, input);
  return {
    upserts,
    removals,
    held,
    changes,
    problems,
    stable:
      input.complete &&
      !held &&
      decision.missing.every(
        record => isKept(record, input) && input.listed > 0,
      ) &&
      !problems.some(p => TRANSIENT_CODES.includes(p.code)) &&
      !input.observed.some(record => isOlder(record, input)),
    counts: {
      records: input.listed,
      added: upserts.filter(c => !hashes.has(c.entityRef)).length,
      changed: upserts.filter(c => hashes.has(c.entityRef)).length,
      removed: removals.length,
      approved: removals.filter(ref => input.approved.has(ref)).length,
      held: held ? held.refs.length + held.changes.size : 0,
      invalid: invalid.length + unidentified.length,
    },
    basis: { decision, input },
  };
}

/**
 * The plan without refs that the catalog refused, given as the problem with
 * each. A record that lost one is invalid, and keeps what it had of it and the
 * refs that the plan would remove.
 */
export function withoutRefused(
  plan: SyncPlan,
  refused: ReadonlyMap<string, Problem>,
): SyncPlan {
  const { decision, input } = plan.basis;
  const upserts = plan.upserts.filter(c => refused.has(c.entityRef));
  if (upserts.length === 0) {
    return plan;
  }
  const removed = new Set(plan.removals);
  const desired = decision.desired.map((each): DesiredRecord => {
    const problems = each.fresh.flatMap(c => refused.get(c.entityRef) ?? []);
    if (problems.length === 0) {
      return each;
    }
    const outcome = { type: 'invalid' as const, problems };
    const fresh = each.fresh.filter(c => !refused.has(c.entityRef));
    const kept = each.before.filter(
      c => removed.has(c.entityRef) || refused.has(c.entityRef),
    );
    return {
      ...each,
      record: { ...each.record, ...UNKNOWN_HASHES, outcome },
      fresh,
      after: [...fresh, ...kept],
    };
  });
  const problems = [
    ...decision.problems,
    ...upserts.map(c => refused.get(c.entityRef)!),
  ];
  return toPlan({ ...decision, desired, problems }, input);
}

/** Refs that a plan removes, or changes as an approval says. */
export function doneRefs({ removals, upserts, basis }: SyncPlan): string[] {
  const { approved, fieldChanges } = basis.input;
  const changed = upserts
    .map(({ entityRef }) => entityRef)
    .filter(ref =>
      fieldChanges.byRef
        .get(ref)
        ?.some(change => approved.has(changeKey(ref, change))),
    );
  return [...removals, ...changed];
}

function removalsOf(
  { desired, held }: Decision,
  { removedContributions }: SyncChanges,
  input: PlanInput,
): string[] {
  const kept = new Set(
    desired.flatMap(({ after }) => after.map(c => c.entityRef)),
  );
  const waiting = new Set(held?.refs);
  const removed = new Set([
    ...removedContributions.map(c => c.entityRef),
    ...removableOrphans(input).filter(ref => !waiting.has(ref)),
  ]);
  return [...removed].filter(ref => !kept.has(ref));
}

/**
 * What a whole list lacks is gone, even where it is not known which record gave
 * it; unless a record that is listed and cannot be read may have given it.
 */
export function removableOrphans(input: PlanInput): string[] {
  const unknown = input.observed.some(
    ({ recordId, outcome }) =>
      outcome.type === 'invalid' && storedOf(recordId, input).length === 0,
  );
  return input.complete && !unknown ? input.orphans : [];
}

/** Whether a later observation of the record is stored. */
export function isOlder(
  { recordId }: Pick<ObservedRecord, 'recordId'>,
  input: PlanInput,
): boolean {
  const known = input.stored.records.get(recordId);
  return known !== undefined && known.observedAt > input.observedAt;
}

/** Whether the source is set to keep the entities of a record that its list lacks. */
export function isKept(
  { recordId }: Pick<StoredRecord, 'recordId'>,
  input: Pick<PlanInput, 'removals' | 'stored'>,
): boolean {
  return input.removals.keep && storedOf(recordId, input).length > 0;
}

/** What a record gave when it was last applied. */
export function storedOf(
  recordId: string,
  input: Pick<PlanInput, 'stored'>,
): StoredContribution[] {
  return input.stored.contributions.get(recordId) ?? [];
}

function toChanges(decision: Decision, input: PlanInput): SyncChanges {
  const { desired, postponed, missing } = decision;
  const records = [
    ...desired.map(({ record }) => recordAfter(record, input)),
    ...postponed.map(({ record }) => ({
      ...recordAfter(record, input),
      ...UNKNOWN_HASHES,
    })),
    ...missing.map(record => ({
      ...record,
      ...UNKNOWN_HASHES,
      state: 'missing' as const,
      missingSince: record.missingSince ?? input.observedAt,
    })),
  ];
  const gone = decision.gone.map(record => record.recordId);
  return {
    records: records.filter(record => differs(record, input)),
    removedRecords: gone,
    contributions: desired.flatMap(({ before, fresh }) =>
      fresh.filter(
        c =>
          !before.some(b => b.entityRef === c.entityRef && b.hash === c.hash),
      ),
    ),
    removedContributions: [
      ...desired.flatMap(({ before, after }) =>
        before.filter(b => !after.some(c => c.entityRef === b.entityRef)),
      ),
      ...gone.flatMap(recordId => storedOf(recordId, input)),
    ].map(({ recordId, entityRef }) => ({ recordId, entityRef })),
  };
}

function recordAfter(record: ObservedRecord, input: PlanInput): StoredRecord {
  const { recordId, bytesHash, rawHash, outcome } = record;
  const known = input.stored.records.get(recordId);
  if (known?.state === 'missing' && input.observed.length === 0) {
    // Its entities are changed beside the list, which lacks it as before.
    return { ...known, ...UNKNOWN_HASHES };
  }
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
