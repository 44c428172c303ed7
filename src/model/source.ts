import type { JsonObject, JsonValue } from '@backstage/types';

/** What a server gave to ask "has it changed?" with (RFC 9110, section 8.8). */
export interface Validators {
  etag?: string;
  lastModified?: string;
}

export type ListAnswer =
  | { type: 'not-modified' }
  | {
      type: 'records';
      records: JsonValue[];
      validators?: Validators;
      /**
       * Whether a record may have slipped past the reader, since pages were
       * counted off while the list could change. Then only what a second list
       * lacks as well is gone.
       */
      mayShift?: boolean;
    };

export type RecordAnswer =
  | { type: 'not-modified' }
  | { type: 'record'; record: JsonObject; validators?: Validators }
  | { type: 'not-found' };

/**
 * Where records come from.
 *
 * Both methods throw a `SourceError` when the source cannot be read; an answer
 * that is returned is whole.
 */
export interface RecordSource {
  list(options: {
    validators?: Validators;
    signal: AbortSignal;
  }): Promise<ListAnswer>;
  read(options: {
    recordId: string;
    validators?: Validators;
    signal: AbortSignal;
  }): Promise<RecordAnswer>;
}
