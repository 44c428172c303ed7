import type { JsonValue } from '@backstage/types';
import { SourceError } from '../../lib/errors';
import type { AnswerBody } from '../http/fetchAnswer';
import { describeTarget, type RequestTarget } from '../http/requestTarget';
import { isOpening, QUOTE, ValueScanner } from './scanners';

/** Reads and parses a whole body. Throws as `parseAnswer` does. */
export async function readJson(body: AnswerBody): Promise<JsonValue> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) {
    chunks.push(chunk);
  }
  return parseAnswer({ ...body, bytes: Buffer.concat(chunks) });
}

/**
 * Parses an answer, with or without a byte order mark.
 * Throws a `SourceError` of code `malformed` or `too-deep`.
 */
export function parseAnswer(options: {
  target: RequestTarget;
  bytes: Uint8Array;
  /** How deep objects and arrays may nest. An array of numbers has a depth of 1. */
  maxDepth: number;
  /** Which part of the answer this is, for messages. Default: all of it. */
  where?: string;
}): JsonValue {
  const bytes = withoutByteOrderMarks(options.bytes);
  if (bytes.length === 0) {
    throw malformedError(options.target, 'an empty body');
  }
  assertDepth({ ...options, bytes });
  return parseJson({ ...options, bytes });
}

/**
 * Parses UTF-8 (RFC 8259, section 8.1). Throws a `SourceError` of code
 * `malformed`, without the parser's message, which quotes the payload.
 */
export function parseJson(options: {
  target: RequestTarget;
  bytes: Uint8Array;
  where?: string;
}): JsonValue {
  const { target, bytes, where } = options;
  const suffix = where ? ` ${where}` : '';
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    throw malformedError(target, `invalid UTF-8${suffix}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw malformedError(target, `invalid JSON${suffix}`);
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** There are two where a server adds one to a file that has one. */
function withoutByteOrderMarks(bytes: Uint8Array): Uint8Array {
  const { length } = BYTE_ORDER_MARK;
  let rest = bytes;
  while (BYTE_ORDER_MARK.equals(rest.subarray(0, length))) {
    rest = rest.subarray(length);
  }
  return rest;
}

/** Looks at the bytes, before any recursive code can see the value. */
function assertDepth(options: {
  target: RequestTarget;
  bytes: Uint8Array;
  maxDepth: number;
}): void {
  const { target, bytes, maxDepth } = options;
  const start = bytes.findIndex(byte => isOpening(byte) || byte === QUOTE);
  if (start !== -1) {
    const tooDeep = () => tooDeepError(target, maxDepth);
    const scanner = new ValueScanner({ tooDeep });
    scanner.begin(bytes[start], maxDepth);
    scanner.scan(bytes, start);
  }
}

export function malformedError(
  target: RequestTarget,
  fault: string,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with ${fault}; check what the server ` +
      `sends`,
    { code: 'malformed' },
  );
}

export function tooDeepError(
  target: RequestTarget,
  maxDepth: number,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with JSON nested deeper than ` +
      `${maxDepth} levels; if that is right, raise "request.maxDepth"`,
    { code: 'too-deep' },
  );
}

export function tooLargeError(
  target: RequestTarget,
  maxBytes: number,
): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with more than ${maxBytes} bytes; if ` +
      `that is right, raise "request.maxBytes"`,
    { code: 'too-large' },
  );
}
