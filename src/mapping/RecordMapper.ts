import type { JsonObject, JsonValue } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import type { GuardedField } from '../config/guardedFields';
import type { Problem } from '../lib/problem';

/** The settings of a source that say how its records become entities. */
export type MappingSettings = Pick<
  SourceSettings,
  'name' | 'records' | 'id' | 'entity' | 'when'
> &
  Partial<Pick<SourceSettings, 'tables' | 'owners'>>;

export type MapOutcome =
  /** The list is empty for a record that is to have no entity. */
  | { type: 'mapped'; entities: JsonObject[] }
  | { type: 'failed'; problems: Problem[] };

/** Finds the records in an answer, and maps each to entities. */
export interface RecordMapper {
  /**
   * The names that lead to the list in an answer. Empty if the answer is the
   * list. Undefined if only the whole answer can tell.
   */
  readonly listPath?: string[];
  /** The list in an answer. Throws a `SourceError` of code `shape` if there is none. */
  selectRecords(answer: JsonValue): Promise<JsonValue[]>;
  /** The record's id; undefined if it has none that is a string of 1 to 255 characters or a number. */
  recordId(record: JsonValue): Promise<string | undefined>;
  /** Why a record has no id, without any of its values. */
  explainNoId(record: JsonObject): Promise<string>;
  /** The entities of a record. They are not validated yet. */
  map(record: JsonObject, recordId: string): Promise<MapOutcome>;
  /** For each template, the guarded fields whose expressions find nothing of what they read. A mapping in code has none. */
  unfound?(record: JsonObject): GuardedField[][] | Promise<GuardedField[][]>;
  /** For each template, how its fields are made from a record. A mapping in code has none. */
  explain?(record: JsonObject): Promise<FieldExplanation[][]>;
}

/** How one field of an entity is made. */
export interface FieldExplanation {
  /** The path in the entity, such as `metadata.annotations["custom/owner"]`. */
  path: string;
  /** The whole text of the template, such as `group:${{ team }}`. */
  expression: string;
  /** The paths of the record that its expressions name, with their values if they have any. */
  reads: Array<{ path: string; value?: JsonValue }>;
  /** What the field becomes; undefined if it is left out. */
  value?: JsonValue;
  /** Why it has no value, for each expression that failed. */
  error?: string;
}
