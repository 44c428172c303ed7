import type { JsonValue } from '@backstage/types';
import { malformedError, tooDeepError } from './answerErrors';
import { decodeUtf8 } from './decodeUtf8';
import { exceedsDepth } from './exceedsDepth';
import { findJsonFault } from './findJsonFault';
import type { RequestTarget } from './requestTarget';

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
  const text = decodeAnswer(target, bytes);
  if (exceedsDepth(text, maxDepth)) {
    throw tooDeepError(target, maxDepth);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw malformedError(target, describeFault(text));
  }
}

/** The text of an answer, without byte order marks: a file with one sent by a server that adds one has two. */
export function decodeAnswer(target: RequestTarget, bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    throw malformedError(target, 'is not valid UTF-8');
  }
  return text.replace(/^\uFEFF+/, '');
}

/** What keeps a text from being JSON: where, but nothing of what stands there. */
export function describeFault(text: string): string {
  if (text === '') {
    return 'is empty';
  }
  const position = findJsonFault(text) ?? text.length;
  return position === text.length
    ? `ends too early, at position ${position}`
    : `has a syntax error at position ${position} of ${text.length}`;
}
