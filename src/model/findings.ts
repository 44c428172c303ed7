import type { Problem } from './problem';

/** What the catalog found in entities that it was given, whichever way they came. */
export type FindingCode = 'catalog-error' | 'catalog-conflict';

export const FINDING_CODES: FindingCode[] = [
  'catalog-error',
  'catalog-conflict',
];

/** A problem that the catalog has with an entity of ours. */
export interface Finding extends Problem {
  code: FindingCode;
  source: string;
  entityRef: string;
  /** Of a conflict. */
  claim?: ConflictClaim;
}

/**
 * That somebody wanted a ref which somebody else has. The catalog says so once,
 * and again only when what it reads of the claimant has changed.
 */
export interface ConflictClaim {
  /** Location key of who has the ref. */
  holder: string;
  /** Location key of who wanted it. */
  claimant: string;
  /** Stands for what the catalog last read of the claimant; empty where it cannot be told. */
  state: string;
  /** ISO 8601 in UTC. */
  reportedAt: string;
}

/** A record that gives an entity, by polling or through a location. */
export interface EntityOrigin {
  source: string;
  recordId: string;
  /** Under which the catalog has the entity. */
  locationKey: string;
}

/** What is kept of the catalog's findings. */
export interface FindingsStore {
  /** Refs of polled entities in their order, a batch after a ref; empty after the last. */
  entityRefs(after?: string): Promise<string[]>;
  /** The records behind refs; no entry for a ref that is nobody's of ours. */
  originsOf(entityRefs: string[]): Promise<Map<string, EntityOrigin[]>>;
  /** What is kept of a code, of all entities or of these. */
  open(code: FindingCode, entityRefs?: string[]): Promise<Finding[]>;
  /**
   * Puts findings in the place of others that were kept. What is as it was is
   * not written; of each source a bounded number is kept.
   */
  replace(options: {
    before: Finding[];
    after: Finding[];
    now: Date;
  }): Promise<void>;
}

/** Read-only knowledge of what the catalog made of entities. */
export interface CatalogVerdicts {
  /** Errors in words, name first, of the last time each ref was processed; no entry for one without. */
  errorsOf(entityRefs: string[]): Promise<Map<string, string[]>>;
  /**
   * For each refresh key, what stands for the last result of processing the
   * entities that have it; no entry for a key that none has.
   */
  resultsOf(refreshKeys: string[]): Promise<Map<string, string>>;
}
