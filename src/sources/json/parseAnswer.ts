import type { JsonValue } from '@backstage/types';
import type { AnswerBody } from '../http/fetchAnswer';
import type { RequestTarget } from '../http/requestTarget';
import { malformedError, tooDeepError } from './answerErrors';
import { exceedsDepth } from './exceedsDepth';
import { findJsonFault } from './findJsonFault';

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

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes, or undefined where they are not valid UTF-8. Byte order marks stay. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads a body as a whole. */
export async function readJson(body: AnswerBody): Promise<JsonValue> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) {
    chunks.push(chunk);
  }
  return parseAnswer({ ...body, bytes: Buffer.concat(chunks) });
}
