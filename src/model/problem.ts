export type ProblemCode =
  | 'record-without-id'
  | 'record-id-twice'
  | 'record-not-an-object'
  | 'record-id-differs'
  | 'expression-failed'
  | 'expression-empty'
  | 'entity-invalid'
  | 'kind-not-allowed'
  | 'namespace-not-allowed'
  | 'annotation-not-allowed'
  | 'link-not-allowed'
  | 'ref-taken';

/** Something found in a record or in what it maps to. An error costs that record, never the run. */
export interface Problem {
  code: ProblemCode;
  severity: 'error' | 'warning';
  recordId?: string;
  entityRef?: string;
  /** Where in the entity or its template, such as `metadata.name`. */
  path?: string;
  message: string;
}

/** How many problems of a source are kept; those beyond are counted. */
export const KEPT_PROBLEMS = 1000;

/** What a run found in the records that it judged. */
export interface ProblemOutcome {
  found: Problem[];
  /** Whether the run judged a record, or for undefined the list itself: what is known of the others stays. */
  judged: (recordId: string | undefined) => boolean;
}
