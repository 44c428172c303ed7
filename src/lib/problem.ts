export type ProblemCode =
  | 'record-without-id'
  | 'record-id-twice'
  | 'record-not-an-object'
  | 'expression-failed'
  | 'expression-empty'
  | 'transformer-failed'
  | 'entity-invalid'
  | 'kind-not-allowed'
  | 'namespace-not-allowed'
  | 'annotation-not-allowed'
  | 'link-not-allowed'
  | 'ref-taken'
  /** Warning: a ref was taken over, and its former owner still gives it. */
  | 'ref-taken-over'
  /** The record does not conform to the source's JSON Schema. */
  | 'record-schema'
  | 'annotation-missing'
  /** Warning: the catalog does not know the owner. */
  | 'owner-unknown'
  | 'relation-cycle'
  /** The catalog did not store a change that it was given. */
  | 'not-stored'
  /** The catalog itself reported the error. */
  | 'catalog-error'
  | 'catalog-conflict'
  /** A location of our type could not be read, or what it gave was refused. */
  | 'location-failed';

/** Problems that the catalog reports about entities, whoever gave them. */
export type FindingCode = Extract<
  ProblemCode,
  'catalog-error' | 'catalog-conflict' | 'location-failed'
>;

export const FINDING_CODES: FindingCode[] = [
  'catalog-error',
  'catalog-conflict',
  'location-failed',
];

/** A problem with a record or its entities. An error leaves out that record, and never fails the run. */
export interface Problem {
  code: ProblemCode;
  severity: 'error' | 'warning';
  recordId?: string;
  entityRef?: string;
  /** Where in the entity or its template, such as `metadata.name`. */
  path?: string;
  /** Logged and shown, so it contains nothing of the record except its id. */
  message: string;
  /** The value at fault, as JSON on one line of at most 80 characters. Shown, but never logged. */
  value?: string;
}

/** The catalog's relations in which a cycle is a problem. */
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
  /** The position in the field, if that is a list. */
  index?: number;
}
