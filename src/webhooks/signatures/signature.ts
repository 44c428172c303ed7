import type { HeaderValues } from '../headers';
import type { RejectionCode } from '../rejections';

/** Where a request has its HMAC and its id, and what is signed. */
export interface SignatureForm {
  read(
    headers: HeaderValues,
    options: { requireTimestamp: boolean },
  ): SignatureReading;
  /** The header with the sender's own id of the delivery, signed or not, if it has one. */
  idHeader?: string;
}

/** What a request's headers say of its signature. */
export type SignatureReading =
  | {
      type: 'readable';
      /** What is signed before the body. */
      prefix: string;
      /** What the HMAC may be; one that matches is enough. */
      macs: Buffer[];
      /** The time and the id that are signed along, where any are. */
      signed?: { id: string; timestamp: number };
    }
  | Unusable;

export interface Unusable {
  type: 'unusable';
  code: RejectionCode;
}

export const unusable = (code: RejectionCode): Unusable => ({
  type: 'unusable',
  code,
});

/** Visible ASCII without the dot, which divides the id from what follows it. */
const SIGNED_ID = /^[\x21-\x2d\x2f-\x7e]{1,255}$/;
/** Whole seconds, which can be written in one way only. */
const SECONDS = /^(?:0|[1-9]\d{0,11})$/;

/** What a request says where its id and time are signed along. */
export function readTimed(
  headers: HeaderValues,
  options: {
    macs: Buffer[];
    idHeader: string;
    timestampHeader: string;
    prefixOf: (id: string, timestamp: string) => string;
  },
): SignatureReading {
  const { macs, idHeader, timestampHeader, prefixOf } = options;
  const timestamp = readOne(headers(timestampHeader), SECONDS, 'timestamp');
  if (typeof timestamp === 'object') {
    return timestamp;
  }
  const id = readOne(headers(idHeader), SIGNED_ID, 'id');
  if (typeof id === 'object') {
    return id;
  }
  return {
    type: 'readable',
    prefix: prefixOf(id, timestamp),
    macs,
    signed: { id, timestamp: Number(timestamp) },
  };
}

function readOne(
  [value, ...more]: readonly string[],
  form: RegExp,
  what: 'id' | 'timestamp',
): string | Unusable {
  if (value === undefined) {
    return unusable(`${what}-missing`);
  }
  return more.length === 0 && form.test(value)
    ? value
    : unusable(`${what}-malformed`);
}
