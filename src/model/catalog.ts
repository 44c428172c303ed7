/** Read-only knowledge of who owns what in the catalog. */
export interface EntityRegistry {
  /**
   * The location keys of those refs that are in the catalog, processed or not;
   * null for one without a key, no entry for a ref that the catalog does not know.
   */
  locationKeys(entityRefs: string[]): Promise<Map<string, string | null>>;
  /** How many refs the catalog has from an entity provider. */
  countOf(provider: string): Promise<number>;
  /** The refs that the catalog has from an entity provider. */
  refsOf(provider: string): Promise<string[]>;
}

/** Has the catalog process entities again. */
export interface Refresher {
  /** Whatever carries one of these refresh keys, on whichever replica. */
  refreshKeys(keys: string[]): Promise<void>;
  /**
   * Brings an entity up to date with where it comes from: fetches and applies
   * the record behind it, has the locations that gave it read again, and where
   * it is somebody else's asks the catalog to refresh it.
   *
   * Throws when that did not succeed and is worth another try; a
   * `RetryLaterError` says when.
   */
  refreshEntity(options: {
    entityRef: string;
    /** The record to fetch; without it, the one that gave the entity. */
    record?: { source: string; recordId: string };
    signal: AbortSignal;
  }): Promise<RefreshOutcome>;
}

/** `unknown`: neither a record nor an entity of the catalog goes with the ref. */
export type RefreshOutcome = 'refreshed' | 'unknown';

/** The relations along which a cycle is a fault, as the catalog names them. */
export const CYCLE_RELATIONS = ['dependsOn', 'partOf', 'childOf'] as const;

export type CycleRelation = (typeof CYCLE_RELATIONS)[number];

/** A relation that an entity gives in one of its fields. */
export interface RelationEdge {
  type: CycleRelation;
  /** Entity refs in full and in lower case. */
  source: string;
  target: string;
  /** The entity that gives it; by an inverse field such as `dependencyOf`, that is the target. */
  giver: string;
  path: string;
}

/** Read-only knowledge of how the catalog relates its entities, whoever gave the relations. */
export interface CatalogRelations {
  /** The `CYCLE_RELATIONS` that lead away from refs; no entry for a ref without any. */
  edgesOf(
    entityRefs: string[],
  ): Promise<Map<string, Array<{ type: CycleRelation; target: string }>>>;
}
