import type { Problem, ProblemCode, RelationEdge } from '../../lib/problem';
import type { Validators } from '../../sources/validators';
import type { PlanOutcome } from './plans';
import type { ProblemOutcome } from './problems';

/**
 * Why a run took place: on the source's schedule, as the first one of this
 * process, after a failure or an approval, to give everything anew, because a
 * person asked for it, for a single record, or for the last time.
 */
export type RunKind =
  | 'poll'
  | 'startup'
  | 'retry'
  | 'reconcile'
  | 'manual'
  | 'record'
  /** The approved removal of a source that is no longer configured. */
  | 'retire';

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
  /** The run that is under way, or died, and until when it is taken to live. */
  lease?: { runId: string; expiresAt: Date };
  /** Paused at run time, beside what the configuration says. */
  paused?: { by: string; at: Date };
}

/** `missing`: no longer listed, its removal held. `invalid`: its last good entities stay. */
export type RecordState = 'seen' | 'missing' | 'invalid';

export interface StoredRecord {
  recordId: string;
  /** When the fetch that saw it began. */
  observedAt: Date;
  /** Of its bytes in the list; undefined where they are to be read anew. */
  bytesHash?: string;
  /** Of its canonical JSON; empty where it is not known. */
  rawHash: string;
  state: RecordState;
  missingSince?: Date;
}

/** That a record gives an entity, and the hash of that as last applied. */
export interface StoredContribution {
  recordId: string;
  entityRef: string;
  hash: string;
}

/** An entity that a record gives. */
export interface Contribution extends StoredContribution {
  /** Canonical JSON of the entity. */
  entity: string;
  /** Its owner's ref, where it names one. */
  owner?: string;
  /** Its relations along which a cycle is a fault, of one that was mapped in this run. */
  edges?: RelationEdge[];
}

/** An owner that entities of a source name. */
export interface OwnerInUse {
  owner: string;
  /** How many name it. */
  entities: number;
  /** The ref of one of them. */
  example: string;
}

/** What is stored of some records of a source. */
export interface StoredRecords {
  records: Map<string, StoredRecord>;
  /** By record id. */
  contributions: Map<string, StoredContribution[]>;
}

/** What of each record tells whether it is as it was. */
export type RecordMark = Pick<
  StoredRecord,
  'recordId' | 'bytesHash' | 'rawHash' | 'state'
>;

/** What one run changes in the tables; written after the catalog took its mutation. */
export interface SyncChanges {
  records: StoredRecord[];
  removedRecords: string[];
  contributions: Contribution[];
  removedContributions: Array<{ recordId: string; entityRef: string }>;
  /** Records whose hashes say nothing any more. */
  outdated?: string[];
  /** Location keys of somebody else's under which the catalog has entities of the source, by ref. */
  adopted?: ReadonlyMap<string, string>;
}

export interface SyncStore {
  /** Every source that the tables know, in the configuration or not. */
  listSources(): Promise<string[]>;
  readState(source: string): Promise<SourceState>;
  /**
   * Opens a run's row, which is the source's lease: there is one open run of a
   * source at most. One whose time has run out is closed as abandoned. Gives
   * false while another run is under way.
   */
  beginRun(run: Run, lease: LeaseOptions): Promise<boolean>;
  /** Extends the lease of an open run; false where it has been closed. */
  renewLease(runId: string, lease: LeaseOptions): Promise<boolean>;
  /** The marks of all of a source's records, in batches. */
  readMarks(source: string): Promise<AsyncIterable<RecordMark[]>>;
  /** What is stored of these records. */
  readRecords(source: string, recordIds: string[]): Promise<StoredRecords>;
  /** All of a source's entities, in batches. */
  readEntities(source: string): Promise<AsyncIterable<Contribution[]>>;
  /** Canonical JSON of those refs that the source has. */
  loadEntities(
    source: string,
    entityRefs: string[],
  ): Promise<Map<string, string>>;
  /** Which records of the source give these refs; no entry for a ref that none does. */
  holders(source: string, entityRefs: string[]): Promise<Map<string, string>>;
  /** All refs of a source. */
  entityRefs(source: string): Promise<string[]>;
  /** By ref, the location keys of somebody else's under which the catalog has entities of the source. */
  adoptedKeys(source: string): Promise<Map<string, string>>;
  ownersInUse(source: string): Promise<OwnerInUse[]>;
  /** Problems of a source that are known and have one of these codes. */
  openProblems(source: string, codes: ProblemCode[]): Promise<Problem[]>;
  countEntities(source: string): Promise<number>;
  /** Which of our sources own these refs; no entry for a ref that none does. */
  owners(entityRefs: string[]): Promise<Map<string, string>>;
  /** The records that gave an entity. */
  recordsOf(
    entityRef: string,
  ): Promise<Array<{ source: string; recordId: string }>>;
  /** The refs that approvals in force let go. */
  approvedRefs(source: string, now: Date): Promise<Set<string>>;
  /** The refs whose removal waits for a decision, or was rejected. */
  heldRefs(source: string): Promise<Set<string>>;
  /** Whether an approval is in force that no run over the list has seen yet. */
  approvalWaits(source: string, now: Date): Promise<boolean>;
  /**
   * Writes what a successful run changed, and its end, in one transaction.
   *
   * @throws LeaseLostError where the run has been closed; nothing is written then.
   */
  commitRun(options: {
    run: Run;
    end: RunEnd;
    changes: SyncChanges;
    /** The source's state after it, its failures forgotten; undefined leaves it as it is. */
    state?: Pick<SourceState, 'fingerprint' | 'validators'>;
    /** Whether the next list has to come whole: its validators are forgotten. */
    relist?: boolean;
    /** Of a run over the list; undefined leaves the plans as they are. */
    plans?: PlanOutcome;
    /** Undefined leaves what is known as it is. */
    problems?: ProblemOutcome;
  }): Promise<void>;
  /** Keeps problems that were found beside a run's own. */
  saveProblems(run: Run, problems: ProblemOutcome): Promise<void>;
  /** Leaves a source alone until then, because it asked for that. */
  postpone(source: string, retryAt: Date): Promise<void>;
  /**
   * Ends a run without success; with `failure` the source is left alone until
   * `retryAt`. Where the catalog may have taken a part of it, the next list is
   * judged as if it were the first.
   */
  endRun(options: {
    run: Run;
    end: RunEnd;
    inPart?: boolean;
    failure?: { failures: number; retryAt: Date };
  }): Promise<void>;
}

export interface LeaseOptions {
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
  /** Under which the failures came about. */
  failedFingerprint?: string;
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
  /** Keeps a failure under a fingerprint, beside the last good read. */
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
