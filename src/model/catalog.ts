/** Read-only knowledge of who owns what in the catalog. */
export interface EntityRegistry {
  /**
   * The location keys of those refs that are in the catalog, processed or not;
   * null for one without a key, no entry for a ref that the catalog does not know.
   */
  locationKeys(entityRefs: string[]): Promise<Map<string, string | null>>;
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
