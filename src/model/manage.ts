import type { FieldExplanation } from './mapping';
import type { Page, PageRequest } from './page';
import type { HeldPlan, PlanDecision, PlanRef, PlanState } from './plan';
import type { Problem } from './problem';
import type { SourceSettings } from './settings';
import type {
  RecordState,
  RunCounts,
  RunKind,
  RunOutcome,
  SourceState,
} from './sync';

/** What the configuration says of a source. */
export type KnownSource =
  | {
      type: 'configured';
      name: string;
      title?: string;
      owner?: string;
      readBy: SourceSettings['type'];
      /** Undefined where it is not asked over HTTP. */
      url?: string;
      /** Whether its list is polled, or only locations read it. */
      poll: boolean;
      paused: boolean;
    }
  | { type: 'misconfigured'; name: string; reason: string }
  /** No longer in the configuration; the tables still know it. */
  | { type: 'unconfigured'; name: string };

/** A run, as its row tells it. Times are ISO 8601 in UTC. */
export interface RunReport {
  id: string;
  kind: RunKind;
  startedAt: string;
  endedAt?: string;
  outcome: RunOutcome;
  counts?: RunCounts;
  held?: string;
  error?: string;
}

export interface PlanReport {
  hash: string;
  state: PlanState;
  reason: string;
  /** How many entities it would remove; which ones is forgotten once it is void. */
  count: number;
  createdAt?: string;
  lastSeenAt?: string;
  expiresAt?: string;
  decidedBy?: string;
  decidedAt?: string;
}

export type ProblemReport = Problem & { firstSeenAt: string };

/** What the tables know of a source. */
export interface SourceReport {
  state: SourceState;
  entities: number;
  lastRun?: RunReport;
  /** Of the list. */
  lastSuccess?: RunReport;
  pendingPlan?: { hash: string; count: number };
  problems: { errors: number; warnings: number; beyond: number };
}

/** What people see and decide of sources, in the tables. */
export interface ManageStore {
  report(source: string): Promise<SourceReport>;
  listRuns(source: string, page: PageRequest): Promise<Page<RunReport>>;
  listProblems(source: string, page: PageRequest): Promise<Page<ProblemReport>>;
  /** The refs that records give; no entry for one that gives none. */
  refsOfRecords(
    source: string,
    recordIds: string[],
  ): Promise<Map<string, string[]>>;
  /** The plan that waits for a decision, else the one that was decided on or seen last. */
  currentPlan(source: string): Promise<PlanReport | undefined>;
  findPlan(source: string, hash: string): Promise<PlanReport | undefined>;
  listPlanRefs(
    source: string,
    hash: string,
    page: PageRequest,
  ): Promise<Page<PlanRef>>;
  /**
   * Decides on a plan that is pending or was decided otherwise; false where
   * there is none, where it expired, or where it was decided so already.
   */
  decidePlan(options: {
    source: string;
    hash: string;
    decision: PlanDecision;
    by: string;
    now: Date;
  }): Promise<boolean>;
  /** Pauses a source at run time, or with undefined lets it go on. */
  setPaused(
    source: string,
    paused: { by: string; at: Date } | undefined,
  ): Promise<void>;
  /** All entities of a source, with the records that gave them, by ref. */
  entitiesOf(source: string): Promise<PlanRef[]>;
  /** Keeps what was decided on a plan that no run made. */
  saveDecision(options: {
    source: string;
    plan: HeldPlan;
    state: Extract<PlanState, 'rejected' | 'applied'>;
    by: string;
    now: Date;
  }): Promise<void>;
  /** Forgets what the list of a source gave, but not its runs and plans. */
  forgetList(source: string): Promise<void>;
  /** Forgets all of a source but its runs and plans. */
  forgetSource(source: string): Promise<void>;
}

/**
 * What people do with sources. Each method throws a `NotFoundError` for a
 * source that nobody knows, and a `ConflictError` where it cannot be done now.
 */
export interface SourceControl {
  /** All sources, in the configuration or not, by name. */
  list(): Promise<KnownSource[]>;
  find(source: string): Promise<KnownSource>;
  /** The plan that waits, else the latest, with a page of what it would remove. */
  plan(
    source: string,
    page: PageRequest,
  ): Promise<{ plan?: PlanReport; refs: Page<PlanRef> }>;
  decide(options: {
    source: string;
    hash: string;
    decision: PlanDecision;
    by: string;
  }): Promise<void>;
  /** Begins a run over the list and does not wait for its end. */
  start(source: string): Promise<void>;
  syncRecord(source: string, recordId: string): Promise<'synced' | 'not-found'>;
  pause(source: string, by: string): Promise<void>;
  resume(source: string): Promise<void>;
}

/** How an entity came from a record, as the tables tell it. Times are ISO 8601 in UTC. */
export interface EntityLineage {
  source: string;
  recordId: string;
  /** Polled as one of a list, or read for a location. */
  via: 'poll' | 'location';
  /** Under which the catalog is to have it: of the source, of the location, or of whom it was taken over from. */
  locationKey: string;
  /** Of a polled one: the run that last changed it, while that is kept, and when. */
  run?: RunReport;
  appliedAt?: string;
  /** Of a polled one: its record as last observed. */
  recordState?: RecordState;
  observedAt?: string;
  missingSince?: string;
  /** Of one read for a location: when the last good fetch began. */
  fetchedAt?: string;
}

/** What tells whether a record is as it was when it gave the entity. */
export interface LineageHashes {
  /** Of the record; empty or undefined where it is not known. */
  rawHash?: string;
  /** Canonical JSON of the entity; undefined where it was not kept. */
  entity?: string;
}

export interface LineageStore {
  /** Every record behind a ref; empty for a ref that is nobody's of ours. */
  lineagesOf(entityRef: string): Promise<Array<EntityLineage & LineageHashes>>;
  /** The open problems of a record, and of an entity that it gives. */
  problemsOf(options: {
    source: string;
    recordId: string;
    entityRef: string;
  }): Promise<ProblemReport[]>;
}

/** How the fields of an entity came about. */
export interface EntityExplanation extends EntityLineage {
  entityRef: string;
  /** The record now, compared with the one that gave the entity. */
  record: {
    state: 'current' | 'changed' | 'unavailable';
    reason?: string;
  };
  /** Undefined where the source is not configured. */
  mapping?: { type: 'template' } | { type: 'transformer'; name: string };
  /** Empty for a mapping in code; without values where the record is unavailable. */
  fields: FieldExplanation[];
  problems: ProblemReport[];
}

export interface EntityExplainer {
  /** Undefined for a ref that no source gives. Fetches the record, within the source's bounds. */
  explain(entityRef: string): Promise<EntityExplanation | undefined>;
}
