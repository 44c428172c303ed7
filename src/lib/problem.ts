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

/** What the catalog finds in entities, in whichever way it was given them. */
export type FindingCode = Extract<
  ProblemCode,
  'catalog-error' | 'catalog-conflict'
>;

export const FINDING_CODES: FindingCode[] = [
  'catalog-error',
  'catalog-conflict',
];

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

/** The relations along which a cycle is a fault, as the catalog names them. */
export const CYCLE_RELATIONS = ['dependsOn', 'partOf', 'childOf'] as const;

export type CycleRelation = (typeof CYCLE_RELATIONS)[number];

/** A relation that an entity gives in a field of its `spec`. */
export interface RelationEdge {
  type: CycleRelation;
  /** Entity refs in full and in lower case. */
  source: string;
  target: string;
  /** The entity with the field. An inverse field, such as `dependencyOf`, makes it the target. */
  giver: string;
  field: string;
  /** The place in the field, if that is a list. */
  index?: number;
}
