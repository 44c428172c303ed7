import type { RejectionCode } from '../sender';

/** Longer values of the header are not looked at. */
const MAX_LENGTH = 256;

const HEX = /^(?:sha256=)?([0-9a-f]{64})$/;
const HEX_IN_ANY_CASE = /^(?:sha256=)?[0-9a-f]{64}$/i;
const BASE64 = /^(?:sha256=)?[A-Za-z0-9+/]{43}=$/;

export type HexSignature =
  | { type: 'read'; mac: Buffer }
  | { type: 'unusable'; code: RejectionCode };

/**
 * Reads the values of a signature header: one, of 64 lower-case hex digits,
 * with or without `sha256=` before them.
 */
export function readHexSignature(values: readonly string[] = []): HexSignature {
  const [value, ...more] = values;
  if (value === undefined) {
    return { type: 'unusable', code: 'signature-missing' };
  }
  if (more.length > 0) {
    return { type: 'unusable', code: 'signature-repeated' };
  }
  const hex = value.length <= MAX_LENGTH ? HEX.exec(value)?.[1] : undefined;
  return hex === undefined
    ? { type: 'unusable', code: faultOf(value) }
    : { type: 'read', mac: Buffer.from(hex, 'hex') };
}

function faultOf(value: string): RejectionCode {
  if (value.length > MAX_LENGTH) {
    return 'signature-malformed';
  }
  if (HEX_IN_ANY_CASE.test(value)) {
    return 'signature-upper-case';
  }
  return BASE64.test(value) ? 'signature-base64' : 'signature-malformed';
}
