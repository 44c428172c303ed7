import type { JsonObject, JsonValue } from '@backstage/types';

/** What a server gave to ask "has it changed?" with (RFC 9110, section 8.8). */
export interface Validators {
  etag?: string;
  lastModified?: string;
  /** Of a list in several pages: those of each page, in order. Then the two above are not set. */
  pages?: PageValidators[];
}

export interface PageValidators {
  url: string;
  etag?: string;
  lastModified?: string;
}

/** A record as a list gives it, parsed only where somebody asks. */
export interface ListedRecord {
  /** Base64url SHA-256 of the bytes that it came in: equal bytes are an equal record. */
  bytesHash: string;
  /**
   * The record. To be called while the sink has it, since the bytes are not
   * kept; throws a `SourceError` of code `malformed` where they are no JSON.
   */
  parse(): JsonValue;
}

/** Takes the records of a list, as they are read. */
export interface RecordSink {
  /** A page begins. What came of one that did not end is void: it is read again. */
  startPage(): void;
  /** Records of the page, in their order. The next ones come once this is done. */
  records(batch: ListedRecord[]): Promise<void>;
  /** The page was whole. */
  endPage(): void;
}

export type ListAnswer =
  | { type: 'not-modified' }
  | {
      type: 'listed';
      validators?: Validators;
      /**
       * Whether a record may have slipped past the reader, since pages were
       * counted off while the list could change. Then only what a second list
       * lacks as well is gone.
       */
      unstablePagination?: boolean;
    };

export type RecordAnswer =
  | { type: 'not-modified' }
  | { type: 'record'; record: JsonObject; validators?: Validators }
  | { type: 'not-found' };

/**
 * Where records come from.
 *
 * Both methods throw a `SourceError` when the source cannot be read. A list is
 * whole once `list` returned: what the sink was given before counts for nothing
 * otherwise, nor where the answer is `not-modified`.
 */
export interface RecordSource {
  list(options: {
    validators?: Validators;
    signal: AbortSignal;
    sink: RecordSink;
  }): Promise<ListAnswer>;
  read(options: {
    recordId: string;
    validators?: Validators;
    signal: AbortSignal;
  }): Promise<RecordAnswer>;
}
