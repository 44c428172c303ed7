import type { JsonValue } from '@backstage/types';
import { SourceError } from '../model/errors';
import { exceedsDepth } from './exceedsDepth';
import { findJsonFault } from './findJsonFault';
import { describeTarget, type RequestTarget } from './requestTarget';

/**
 * Makes JSON of the bytes of an answer: UTF-8 (RFC 8259, section 8.1), with or
 * without a byte order mark.
 *
 * Throws a `SourceError` of code `malformed` or `too-deep`. Neither keeps what
 * the parser threw, since that quotes the payload.
 */
export function parseAnswer(options: {
  target: RequestTarget;
  bytes: Uint8Array;
  maxDepth: number;
}): JsonValue {
  const { target, bytes, maxDepth } = options;
  const text = decode(target, bytes);
  if (exceedsDepth(text, maxDepth)) {
    throw new SourceError(
      `${describeTarget(target)} answered with JSON nested deeper than ` +
        `${maxDepth} levels; if that is right, raise 'request.maxDepth'`,
      { code: 'too-deep' },
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw malformedError(target, describeFault(text));
  }
}

function decode(target: RequestTarget, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // The decoder takes one mark; a file with one sent by a server that adds one has two.
    return text.replace(/^\uFEFF+/, '');
  } catch {
    throw malformedError(target, 'is not valid UTF-8');
  }
}

function describeFault(text: string): string {
  if (text === '') {
    return 'is empty';
  }
  const position = findJsonFault(text) ?? text.length;
  return position === text.length
    ? `ends too early, at position ${position}`
    : `has a syntax error at position ${position} of ${text.length}`;
}

function malformedError(target: RequestTarget, fault: string): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with a body that is no JSON: it ` +
      `${fault}; check what the server sends`,
    { code: 'malformed' },
  );
}
