import { CustomErrorBase } from '@backstage/errors';

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

/** A source that could not be read, or whose answer cannot be trusted. */
export class SourceError extends CustomErrorBase {
  name = 'SourceError' as const;
  readonly code: SourceErrorCode;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** How long the server asked to be left alone, in milliseconds (RFC 9110, section 10.2.3). */
  readonly retryAfterMs?: number;

  constructor(
    message: string,
    options: {
      code: SourceErrorCode;
      cause?: unknown;
      status?: number;
      retryAfterMs?: number;
    },
  ) {
    super(message, options.cause);
    this.code = options.code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}
