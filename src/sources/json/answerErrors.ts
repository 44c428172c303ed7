import { SourceError } from '../../lib/errors';
import { describeTarget, type RequestTarget } from '../http/requestTarget';

/** None of these keeps what a parser threw, since that quotes the payload. */
export function malformedError(
  target: RequestTarget,
  fault: string,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with a body that is no JSON: it ` +
      `${fault}; check what the server sends`,
    { code: 'malformed' },
  );
}

export function tooDeepError(
  target: RequestTarget,
  maxDepth: number,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with JSON nested deeper than ` +
      `${maxDepth} levels; if that is right, raise 'request.maxDepth'`,
    { code: 'too-deep' },
  );
}

export function tooLargeError(
  target: RequestTarget,
  maxBytes: number,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with more than ${maxBytes} bytes; if ` +
      `that is right, raise 'request.maxBytes'`,
    { code: 'too-large' },
  );
}
