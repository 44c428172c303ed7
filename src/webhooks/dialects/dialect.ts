import type { DeliveryContent } from '../../deliveries/delivery';
import type { RejectionCode } from '../rejections';

/** A format of headers and body. Pure, except for the clock that it is made with. */
export interface Dialect {
  readSignature(headers: HeaderValues): SignatureReading;
  /** Reads verified bytes. */
  readBody(body: Buffer): PayloadReading;
}

/** All values that a request has of a header, which is named in lower case. */
export type HeaderValues = (name: string) => string[];

/** What a request's headers say of its signature. */
export type SignatureReading =
  | {
      type: 'readable';
      /** What is signed before the body. */
      prefix: string;
      /** What the HMAC may be; one that matches is enough. */
      macs: Buffer[];
      /** Seconds since 1970; undefined where no time is signed. */
      timestamp?: number;
      deliveryId: DeliveryId;
    }
  | Unusable;

/** The sender's own id of a delivery, where it gives one. */
export type DeliveryId =
  | { type: 'valid'; externalId?: string }
  /** Of one that is not signed: the sender is told once the body is verified. */
  | { type: 'invalid'; message: string };

export type PayloadReading =
  | { type: 'understood'; content: DeliveryContent; payload: string }
  /** Names every field that is wrong. */
  | { type: 'invalid'; message: string };

export interface Unusable {
  type: 'unusable';
  code: RejectionCode;
}

export const unusable = (code: RejectionCode): Unusable => ({
  type: 'unusable',
  code,
});

/**
 * The headers of a request as they came, name and value in turn. Each look-up
 * goes through all of them: there are few, and an index costs more.
 */
export function headerValuesOf(rawHeaders: readonly string[]): HeaderValues {
  return name => {
    const values: string[] = [];
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const given = rawHeaders[i];
      if (given.length === name.length && given.toLowerCase() === name) {
        values.push(rawHeaders[i + 1]);
      }
    }
    return values;
  };
}

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
    timestamp: Number(timestamp),
    deliveryId: { type: 'valid', externalId: id },
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
