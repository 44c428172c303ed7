import type { PlanOutcome } from './plan';
import type { Problem, ProblemOutcome } from './problem';
import type { Validators } from './source';

/**
 * Why a run took place: on the source's schedule, as the first one of this
 * process, after a failure or an approval, for a full mutation, because a
 * person asked for it, or for a single record.
 */
export type RunKind =
  | 'poll'
  | 'startup'
  | 'retry'
  | 'reconcile'
  | 'manual'
  | 'record';

export type RunOutcome =
  | 'running'
  /** Nothing to change in the catalog. */
  | 'unchanged'
  | 'applied'
  | 'failed'
  /** Ended by a shutdown or with its process: neither a success nor a failure of the source. */
  | 'abandoned';

export interface RunCounts {
  records: number;
  added: number;
  changed: number;
  removed: number;
  /** Removals wanted and not made. */
  held: number;
  /** Records that could not become valid entities. */
  invalid: number;
}

export interface Run {
  id: string;
  source: string;
  kind: RunKind;
  startedAt: Date;
}

export interface RunEnd {
  endedAt: Date;
  outcome: Exclude<RunOutcome, 'running'>;
  counts?: RunCounts;
  /** Why removals were held, or the list could not remove anything. */
  held?: string;
  error?: string;
  problems?: Problem[];
}

export interface SourceState {
  /** Under which the last whole list was mapped. */
  fingerprint?: string;
  validators?: Validators;
  /** Failed runs in a row. */
  failures: number;
  /** The source is left alone until then. */
  retryAt?: Date;
  lease?: { holder: string; expiresAt: Date };
  /** Paused at run time, beside what the configuration says. */
  paused?: { by: string; at: Date };
}

/** `missing`: no longer listed, its removal held. `invalid`: its last good entities stay. */
export type RecordState = 'seen' | 'missing' | 'invalid';

export interface StoredRecord {
  recordId: string;
  /** When the fetch that saw it began. */
  observedAt: Date;
  rawHash: string;
  state: RecordState;
  missingSince?: Date;
}

/** An entity that a record gives, as last applied. */
export interface Contribution {
  recordId: string;
  entityRef: string;
  /** Canonical JSON of the entity. */
  entity: string;
  hash: string;
}

export interface StoredSource {
  records: Map<string, StoredRecord>;
  /** By record id. */
  contributions: Map<string, Contribution[]>;
}

/** What one run changes in the tables; written after the catalog took its mutation. */
export interface SyncChanges {
  records: StoredRecord[];
  removedRecords: string[];
  contributions: Contribution[];
  removedContributions: Array<{ recordId: string; entityRef: string }>;
}

export interface SyncStore {
  /** Every source that the tables know, in the configuration or not. */
  listSources(): Promise<string[]>;
  readState(source: string): Promise<SourceState>;
  /** Takes the source's lease where it is free or has run out. */
  acquireLease(options: LeaseOptions): Promise<boolean>;
  /** Extends the lease; false where somebody else has it by now. */
  renewLease(options: LeaseOptions): Promise<boolean>;
  releaseLease(options: { source: string; holder: string }): Promise<void>;
  /** All of a source's records, or the one named. */
  readStored(source: string, recordId?: string): Promise<StoredSource>;
  countEntities(source: string): Promise<number>;
  /** Which of our sources own these refs; no entry for a ref that none does. */
  owners(entityRefs: string[]): Promise<Map<string, string>>;
  /** The records that gave an entity. */
  recordsOf(
    entityRef: string,
  ): Promise<Array<{ source: string; recordId: string }>>;
  /** The refs that approvals in force let go. */
  approvedRefs(source: string, now: Date): Promise<Set<string>>;
  /** Whether an approval is in force that no run over the list has seen yet. */
  approvalWaits(source: string, now: Date): Promise<boolean>;
  startRun(run: Run): Promise<void>;
  /** Writes what a successful run changed, and its end, in one transaction. */
  commitRun(options: {
    run: Run;
    end: RunEnd;
    changes: SyncChanges;
    /** The source's state after it, its failures forgotten; undefined leaves it as it is. */
    state?: Pick<SourceState, 'fingerprint' | 'validators'>;
    /** Of a run over the list; undefined leaves the plans as they are. */
    plans?: PlanOutcome;
    /** Undefined leaves what is known as it is. */
    problems?: ProblemOutcome;
  }): Promise<void>;
  /** Leaves a source alone until then, because it asked for that. */
  postpone(source: string, retryAt: Date): Promise<void>;
  /** Ends a run without success; with `failure` the source is left alone until `retryAt`. */
  endRun(options: {
    run: Run;
    end: RunEnd;
    failure?: { failures: number; retryAt: Date };
  }): Promise<void>;
}

export interface LeaseOptions {
  source: string;
  holder: string;
  ttlMs: number;
  now: Date;
}

/** What the processor knows of a record that a location reads. */
export interface ReadState {
  fingerprint: string;
  validators?: Validators;
  /** Canonical JSON of the last good entities. */
  entities?: string[];
  /** When the last good fetch began. */
  fetchedAt?: Date;
  /** When somebody asked for a new fetch. */
  invalidatedAt?: Date;
  failures: number;
  retryAt?: Date;
  error?: string;
}

export interface ReadStateStore {
  get(source: string, recordId: string): Promise<ReadState | undefined>;
  /** Keeps a good read, and which entities it gave. */
  saveRead(options: {
    source: string;
    recordId: string;
    fingerprint: string;
    validators?: Validators;
    entities: string[];
    entityRefs: string[];
    fetchedAt: Date;
  }): Promise<void>;
  /** Keeps a failure beside the last good read. */
  saveFailure(options: {
    source: string;
    recordId: string;
    fingerprint: string;
    failures: number;
    retryAt: Date;
    error: string;
  }): Promise<void>;
  /** Has the next read of a record fetch it, if it was ever read; tells whether it was. */
  invalidate(source: string, recordId: string, now: Date): Promise<boolean>;
  /** The records through which locations gave an entity. */
  recordsOf(
    entityRef: string,
  ): Promise<Array<{ source: string; recordId: string }>>;
}
