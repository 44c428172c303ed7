import type { JsonObject, JsonValue } from '@backstage/types';
import type { GuardedField } from '../../config/guardedFields';
import type { SourceSettings } from '../../config/source';
import type { SettingFault } from '../../mapping/findExpressionFaults';
import type { FieldExplanation, MapOutcome } from '../../mapping/RecordMapper';

/*
 * What the backend and the process of a candidate say to each other. Answers
 * are JSON, so that their size is known before they are sent.
 */

/** The methods of the process, each with one argument. */
export interface CandidateMethods {
  prepare(given: CandidateSettings): Promise<Prepared>;
  selectRecords(answer: JsonValue): Promise<JsonValue[]>;
  evaluate(record: JsonValue): Promise<Evaluated>;
  explain(record: JsonObject): Promise<FieldExplanation[][]>;
}

/** Nothing of the source's requests, which may hold secrets. */
export interface CandidateSettings {
  settings: SourceSettings;
  placeholders: string[];
}

export type Prepared =
  | { type: 'ready'; listPath?: string[] }
  | { type: 'faulty'; faults: SettingFault[] };

/** All that a record gives, in one answer. */
export interface Evaluated {
  recordId?: string;
  /** Why it has no id. */
  noId?: string;
  outcome?: MapOutcome;
  unfound?: GuardedField[][];
}

export interface Call {
  id: number;
  method: keyof CandidateMethods;
  argument: unknown;
}

export interface Reply {
  id: number;
  /** JSON. */
  result?: string;
  error?: { message: string; isShape: boolean };
}
