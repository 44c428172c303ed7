export type ProblemCode =
  | 'record-without-id'
  | 'record-id-twice'
  | 'record-not-an-object'
  | 'record-id-differs'
  | 'expression-failed'
  | 'expression-empty'
  | 'transformer-failed'
  | 'entity-invalid'
  | 'kind-not-allowed'
  | 'namespace-not-allowed'
  | 'annotation-not-allowed'
  | 'link-not-allowed'
  | 'ref-taken'
  /** Warning: a ref was taken over, and whoever had it gives it still. */
  | 'ref-taken-over'
  /** The record does not conform to the source's JSON Schema. */
  | 'record-schema'
  | 'annotation-missing'
  /** Warning: the catalog does not know the owner. */
  | 'owner-unknown'
  | 'relation-cycle'
  /** What the catalog itself said of an entity that it was given. */
  | 'catalog-error'
  | 'catalog-conflict';

/** Something found in a record or in what it maps to. An error costs that record, never the run. */
export interface Problem {
  code: ProblemCode;
  severity: 'error' | 'warning';
  recordId?: string;
  entityRef?: string;
  /** Where in the entity or its template, such as `metadata.name`. */
  path?: string;
  /** Logged and shown, so it holds nothing of the record but its id. */
  message: string;
  /** What it stumbled on, as JSON on one line of some 80 characters; shown to people, never logged. */
  value?: string;
}

/** How many problems of a source are kept; those beyond are counted. */
export const KEPT_PROBLEMS = 1000;

/** What a run found in the records that it judged. */
export interface ProblemOutcome {
  found: Problem[];
  /**
   * Whether the run judged what a kept problem is about; then it goes unless it
   * was found again. One without a record is about the list itself.
   */
  judged: (problem: Pick<Problem, 'code' | 'recordId'>) => boolean;
  /** Whether every record was judged, so that those beyond what is kept are all counted. */
  isWhole?: boolean;
}
