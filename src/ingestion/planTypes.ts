import type { RemovalSettings } from '../config/settings';
import type { Problem } from '../lib/problem';
import type {
  Contribution,
  RunCounts,
  StoredContribution,
  StoredRecords,
  SyncChanges,
} from './database/SyncStore';

/** A record of the answer, and what it gives. */
export interface ObservedRecord {
  recordId: string;
  /** Of its bytes in a list, where it came in one. */
  bytesHash?: string;
  /** Of its canonical JSON, where that was asked for. */
  rawHash?: string;
  outcome:
    | { type: 'unchanged' }
    | {
        type: 'mapped';
        contributions: Contribution[];
        /** Warnings. */
        problems?: Problem[];
      }
    | { type: 'invalid'; problems: Problem[] };
}

/**
 * What a plan is made of. Records that are as they were may be left out of both
 * `stored` and `observed`, unless another record wants a ref that they have.
 */
export interface PlanInput {
  stored: StoredRecords;
  observed: ObservedRecord[];
  /** When the fetch began. */
  observedAt: Date;
  /** Entities of the source before the run. */
  total: number;
  /** Records in the answer, identified or not. */
  listed: number;
  /** Whether the answer is the whole list, so that what it lacks is gone. */
  complete: boolean;
  /** Whether a record counts as gone only once two lists running lack it. */
  unstablePagination: boolean;
  /** Who else owns a ref, in words; no entry for one that is free or ours. */
  foreignOwners: Map<string, string>;
  removals: RemovalSettings;
  /** Why nothing may be removed without an approval, however little it is. */
  removalsWait?: string;
  /** Refs that the catalog has of the source, and our tables know nothing of. */
  strays: string[];
  /** Refs whose removal a person approved: they go whatever the guard says. */
  approved: ReadonlySet<string>;
}

export interface SyncPlan {
  /** Entities to add to the catalog or to change there. */
  upserts: Contribution[];
  /** Refs to remove from the catalog. */
  removals: string[];
  /** Refs whose removal is held, and why. */
  held?: { refs: string[]; reason: string };
  changes: SyncChanges;
  problems: Problem[];
  counts: RunCounts;
  /**
   * Whether the same answer would give the same plan again, so that its
   * validators may be kept and a 304 taken for "nothing to do".
   */
  settled: boolean;
}

/** What a record has and what it would have. */
export interface Wish {
  record: ObservedRecord;
  before: StoredContribution[];
  /** The very same list where the record keeps what it has. */
  after: StoredContribution[];
  /** What it gives anew; empty where it keeps what it has. */
  fresh: Contribution[];
}
