import type { JsonValue } from '@backstage/types';
import { isUtf8 } from 'node:buffer';
import { ByteBuffer } from '../../lib/ByteBuffer';
import type { SourceError } from '../../lib/errors';
import type { AnswerBody } from '../http/fetchAnswer';
import { requestError, type RequestTarget } from '../http/requestTarget';
import { isOpening, QUOTE, ValueScanner } from './scanners';

/** Reads and parses a whole body. Throws as `parseAnswer` does. */
export async function readJson(body: AnswerBody): Promise<JsonValue> {
  const buffer = new ByteBuffer();
  for await (const chunk of body.chunks) {
    buffer.append(chunk);
  }
  return parseAnswer({ ...body, bytes: buffer.bytes() });
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

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
  const { target, maxDepth, where } = options;
  const isMarked = BYTE_ORDER_MARK.equals(options.bytes.subarray(0, 3));
  const bytes = options.bytes.subarray(isMarked ? 3 : 0);
  if (bytes.length === 0) {
    throw malformedError(target, 'an empty body');
  }
  // Before any recursive code can see the value.
  const start = bytes.findIndex(byte => isOpening(byte) || byte === QUOTE);
  if (start !== -1) {
    const tooDeep = () => tooDeepError(target, maxDepth);
    new ValueScanner(bytes[start], maxDepth, tooDeep).scan(bytes, start);
  }
  return parseJson(target, bytes, where);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Parses UTF-8 (RFC 8259, section 8.1). Throws a `SourceError` of code
 * `malformed`, without the parser's message, which quotes the payload.
 */
export function parseJson(
  target: RequestTarget,
  bytes: Uint8Array,
  where = '',
): JsonValue {
  if (!isUtf8(bytes)) {
    throw malformedError(target, `invalid UTF-8${where}`);
  }
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw malformedError(target, `invalid JSON${where}`);
  }
}

export function malformedError(
  target: RequestTarget,
  fault: string,
): SourceError {
  return requestError(
    target,
    `answered with ${fault}; check what the server sends`,
    { code: 'malformed' },
  );
}

export function tooDeepError(
  target: RequestTarget,
  maxDepth: number,
): SourceError {
  return requestError(
    target,
    `answered with JSON nested deeper than ${maxDepth} levels; if that is ` +
      `right, raise "request.maxDepth"`,
    { code: 'too-deep' },
  );
}
