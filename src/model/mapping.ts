import type { Entity } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import type { Problem } from './problem';

export type MapOutcome =
  | { type: 'mapped'; entities: JsonObject[] }
  | { type: 'failed'; problems: Problem[] };

/** From an answer to records, and from a record to what should be entities. */
export interface RecordMapper {
  /** The list inside an answer; throws a `SourceError` of code `shape` where there is none. */
  selectRecords(answer: JsonValue): Promise<JsonValue[]>;
  /** The record's id, or undefined where it has none: a string of 1 to 255 characters, or a number. */
  recordId(record: JsonValue): Promise<string | undefined>;
  /** Fills the source's templates from a record; what comes out is not validated yet. */
  map(record: JsonObject, recordId: string): Promise<MapOutcome>;
}

export type ValidateOutcome =
  | { type: 'valid'; entity: Entity }
  | { type: 'invalid'; problems: Problem[] };

/** Whether something mapped is an entity that the catalog takes and its source may emit. */
export interface EntityValidator {
  validate(candidate: JsonObject, recordId: string): Promise<ValidateOutcome>;
}
