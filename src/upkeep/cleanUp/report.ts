/** What a clean-up found about an entity, and what becomes of it. */
export interface CleanUpItem {
  entityRef: string;
  /** Of ours that gives the entity; none for an orphan of somebody else. */
  source?: string;
  /**
   * `stale`: whole lists lack its record. `retired`: nothing of it runs any
   * more. `orphan`: nobody gives it.
   */
  found: 'stale' | 'retired' | 'orphan';
  why: string;
  /** What is to be done, where something is. */
  action?: 'deprecate' | 'archive' | 'remove';
  /** Why nothing is done. */
  left?: string;
  /** Whether it was done at once, without a plan. */
  done?: true;
}

/** An owner that is no Group and no User of the catalog. */
export interface UnknownOwner {
  owner: string;
  /** How many entities name it. */
  count: number;
  /** The first of them. */
  entities: Array<{ entityRef: string; source: string }>;
}

/** An entity whose owner is another than its last deployment said. */
export interface OwnerContradiction {
  entityRef: string;
  source: string;
  owner?: string;
  /** As the event named it. */
  reported: string;
  sender: string;
  at: string;
}

/** The plan for one source; it waits for approval. */
export interface CleanUpPlan {
  source: string;
  hash: string;
  changes: number;
}

export interface CleanUpCounts {
  stale: number;
  retired: number;
  orphans: number;
  unknownOwners: number;
  contradictions: number;
  /** Entities that plans would change. */
  planned: number;
  /** Changed at once. */
  done: number;
  left: number;
}

export interface CleanUpReport {
  /** None for a dry run, which is not kept. */
  id?: string;
  startedAt: string;
  by: string;
  dryRun: boolean;
  counts: CleanUpCounts;
  /** None for a dry run, which makes none. */
  plans: CleanUpPlan[];
  items: CleanUpItem[];
  unknownOwners: UnknownOwner[];
  contradictions: OwnerContradiction[];
}
