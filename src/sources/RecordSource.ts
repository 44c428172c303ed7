import type { JsonObject, JsonValue } from '@backstage/types';
import type { Validators } from './httpValidators';

/**
 * Where records come from.
 *
 * Both methods throw a `SourceError` when the source cannot be read. A list is
 * complete once `list` has returned `listed`. Otherwise, what the sink was given
 * does not count.
 */
export interface RecordSource {
  list(options: ListOptions): Promise<ListAnswer>;
  read(options: ReadOptions): Promise<RecordAnswer>;
  /** Whether it gives its list only, and `read` always fails. */
  readonly isListOnly?: boolean;
}

export interface ListOptions {
  /** Those of the last list, to be told if nothing has changed since. */
  validators?: Validators;
  signal: AbortSignal;
  /** After how many milliseconds the signal will abort. No wait reaches beyond. */
  timeLimitMs?: number;
  /** Called with what is requested, such as `page 3 of GET https://registry.example.com/metadata`. */
  onRequest?: (what: string) => void;
  sink: RecordSink;
}

export interface ReadOptions {
  recordId: string;
  /** Those of the last answer, to be told if nothing has changed since. */
  validators?: Validators;
  signal: AbortSignal;
  /** After how many milliseconds the signal will abort. No wait reaches beyond. */
  timeLimitMs?: number;
}

/** Takes the records of a list while it is read. */
export interface RecordSink {
  /** A page begins. If the one before did not end, it is read again: forget its records. */
  startPage(): void;
  /** Records of the page, in order. The next ones come once this is done. */
  records(batch: ListedRecord[]): Promise<void>;
  /** The page was complete. */
  endPage(): void;
}

/** A record of a list, which is parsed only if needed. */
export interface ListedRecord {
  /** Base64url SHA-256 of its bytes: equal bytes are an equal record. */
  bytesHash: string;
  /**
   * Parses the record. Only valid until the sink is done with the batch, since
   * the bytes are not kept. Throws a `SourceError` of code `malformed` for
   * invalid JSON.
   */
  parse(): JsonValue;
}

/** The source asked to be left alone until then. */
export interface Postponed {
  retryAt?: Date;
}

export type ListAnswer = Postponed &
  (
    | { type: 'not-modified' }
    | {
        type: 'listed';
        validators?: Validators;
        /**
         * The list could change while its pages were counted, so a record may
         * have been missed. Only what the next list lacks as well is gone.
         */
        unstablePagination?: boolean;
        /** Why the list may lack records. What it lacks is then not gone. */
        incomplete?: string;
      }
  );

export type RecordAnswer = Postponed &
  (
    | { type: 'not-modified' }
    | { type: 'record'; record: JsonObject; validators?: Validators }
    | { type: 'not-found' }
  );
