import type { JsonValue } from '@backstage/types';
import { hash } from 'node:crypto';
import type { ListedRecord } from '../RecordSource';
import type { RequestTarget } from '../http/requestTarget';
import { malformedError } from './answerErrors';
import { decodeUtf8, describeFault } from './parseAnswer';

/** A record that was cut out of an answer. */
export function listBytes(options: {
  target: RequestTarget;
  /** Its place in the answer, from 1. */
  number: number;
  bytes: Uint8Array;
}): ListedRecord {
  return {
    bytesHash: hash('sha256', options.bytes, 'base64url'),
    parse: () => parseRecord(options),
  };
}

/** A record of an answer that had to be parsed as a whole. */
export function listValue(value: JsonValue): ListedRecord {
  return {
    bytesHash: hash('sha256', JSON.stringify(value), 'base64url'),
    parse: () => value,
  };
}

function parseRecord(options: Parameters<typeof listBytes>[0]): JsonValue {
  const { target, number, bytes } = options;
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    throw malformedError(target, `is not valid UTF-8 in its record ${number}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    // What the parser threw quotes the record.
    throw malformedError(
      target,
      `${describeFault(text)} in its record ${number}`,
    );
  }
}
