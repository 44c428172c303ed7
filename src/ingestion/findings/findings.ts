import type { Problem } from '../../lib/problem';

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
