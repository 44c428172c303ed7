import type { JsonObject, JsonValue } from '@backstage/types';
import type { Problem } from '../lib/problem';

export type MapOutcome =
  /** No entity at all where the record is not to have one. */
  | { type: 'mapped'; entities: JsonObject[] }
  | { type: 'failed'; problems: Problem[] };

/** How one field of an entity came about. */
export interface FieldExplanation {
  /** Where in the entity, such as `metadata.annotations["custom/owner"]`. */
  path: string;
  /** The expression, without `${{ }}`. */
  expression: string;
  /** What the expression names in the record, and what stands there; no value where nothing does. */
  reads: Array<{ path: string; value?: JsonValue }>;
  /** What the expression gave; none where it gave nothing. */
  value?: JsonValue;
  /** Why it failed. */
  error?: string;
}

/** From an answer to records, and from a record to what should be entities. */
export interface RecordMapper {
  /**
   * The names that lead to the list inside an answer, none of them for an
   * answer that is the list. Undefined where only the whole answer tells.
   */
  readonly listPath?: string[];
  /** The list inside an answer; throws a `SourceError` of code `shape` where there is none. */
  selectRecords(answer: JsonValue): Promise<JsonValue[]>;
  /** The record's id, or undefined where it has none: a string of 1 to 255 characters, or a number. */
  recordId(record: JsonValue): Promise<string | undefined>;
  /** Fills the source's templates from a record; what comes out is not validated yet. */
  map(record: JsonObject, recordId: string): Promise<MapOutcome>;
  /** For each template, how its fields come about from a record; undefined for a mapping in code. */
  explain?(record: JsonObject): Promise<FieldExplanation[][]>;
}
