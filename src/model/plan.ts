/** How long a plan may be decided on, and how long an approval holds. */
export const PLAN_TTL_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * `void`: a later run no longer wanted it. `applied`: approved and carried out.
 * A decision may be changed until then.
 */
export type PlanState =
  | 'pending'
  | 'approved'
  | 'rejected'
  | 'void'
  | 'applied';

export type PlanDecision = Extract<PlanState, 'approved' | 'rejected'>;

/** An entity that a plan would remove, and the record that gave it; none for one that only the catalog knows. */
export interface PlanRef {
  entityRef: string;
  recordId?: string;
}

/** Removals that wait for a person. */
export interface HeldPlan {
  /** Hex SHA-256 over the source and the sorted refs: an approval covers these and no others. */
  hash: string;
  reason: string;
  refs: PlanRef[];
}

/** What a run over the list says about the plans of its source. */
export interface PlanOutcome {
  held?: HeldPlan;
  /** Refs that the run removed. */
  removed: string[];
  /** Whether the list was whole; one that was not says nothing about what it lacks. */
  complete: boolean;
}
