import { CustomErrorBase } from '@backstage/errors';
import { escapeControls } from './values';

/** Why a source could not be read. */
export type SourceErrorCode =
  | 'network'
  | 'timeout'
  | 'status'
  | 'redirect'
  | 'content-type'
  | 'too-large'
  | 'too-deep'
  | 'malformed'
  | 'shape'
  | 'pagination';

export interface SourceErrorOptions {
  code: SourceErrorCode;
  cause?: unknown;
  /** HTTP status of the answer, if there was an answer. */
  status?: number;
  /** How long the server asked to wait, in milliseconds (RFC 9110, section 10.2.3). */
  retryAfterMs?: number;
  /** The beginning of what the server said. */
  said?: string;
}

/** A source could not be read, or its answer cannot be trusted. */
export class SourceError extends CustomErrorBase {
  name = 'SourceError' as const;
  readonly code: SourceErrorCode;
  readonly status?: number;
  retryAfterMs?: number;
  readonly #said?: string;

  constructor(message: string, options: SourceErrorOptions) {
    super(message, options.cause);
    // What a server sent must not break the line of a log.
    this.message = escapeControls(this.message);
    this.code = options.code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.#said = options.said;
  }

  /** For people who may read problems. It may quote a record, so no logger finds it in the error. */
  get said(): string | undefined {
    return this.#said;
  }
}

/** Something is busy, or asked to be left alone: try again later. */
export class RetryLaterError extends CustomErrorBase {
  name = 'RetryLaterError' as const;
  /** When to try again, if known. */
  readonly retryAt?: Date;

  constructor(message: string, options: { retryAt?: Date } = {}) {
    super(message);
    this.retryAt = options.retryAt;
  }
}
