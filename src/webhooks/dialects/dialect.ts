import type { DeliveryContent } from '../../deliveries/delivery';
import type { RejectionCode } from '../sender';

/** All values that a request has of a header, which is named in lower case. */
export type HeaderValues = (name: string) => string[];

/** What a request's headers say of its signature. */
export type SignatureReading =
  | {
      type: 'readable';
      /** What stands before the body in what is signed. */
      prefix: string;
      /** What the HMAC may be; one that matches will do. */
      macs: Buffer[];
      /** Seconds since 1970; undefined where no time is signed along. */
      timestamp?: number;
      delivery: DeliveryIdReading;
    }
  | { type: 'unusable'; code: RejectionCode };

/** The sender's own id of a delivery, where it gives one. */
export type DeliveryIdReading =
  | { type: 'valid'; externalId?: string }
  /** Of one that is not signed along: told to the sender once the body is verified. */
  | { type: 'invalid'; message: string };

export type BodyReading =
  | { type: 'understood'; content: DeliveryContent; payload: string }
  /** Names every field that is wrong. */
  | { type: 'invalid'; message: string };

/** A format of headers and body. Pure, but for the clock that it is made with. */
export interface Dialect {
  readSignature(headers: HeaderValues): SignatureReading;
  /** Reads verified bytes. */
  readBody(body: Buffer): BodyReading;
}
