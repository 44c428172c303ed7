import type { RejectionCode } from '../sender';

/** Longer values of the header are not looked at. */
const MAX_LENGTH = 4096;
/** More signatures than these are not looked at: each is compared with each secret. */
const MAX_SIGNATURES = 16;

const VERSION = 'v1,';
/** 32 bytes. */
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

export type VersionedSignatures =
  | { type: 'read'; macs: Buffer[] }
  | { type: 'unusable'; code: RejectionCode };

/**
 * Reads the values of a `webhook-signature` header: one, a list with spaces
 * between its signatures, of which those of other versions are passed over,
 * and those that cannot be one of ours, too.
 */
export function readVersionedSignatures(
  values: readonly string[],
): VersionedSignatures {
  const [value, ...more] = values;
  if (value === undefined) {
    return { type: 'unusable', code: 'signature-missing' };
  }
  if (more.length > 0) {
    return { type: 'unusable', code: 'signature-repeated' };
  }
  const signatures = value.length <= MAX_LENGTH ? value.split(' ') : [];
  const macs =
    signatures.length <= MAX_SIGNATURES ? signatures.flatMap(readMac) : [];
  return macs.length === 0
    ? { type: 'unusable', code: 'signature-malformed' }
    : { type: 'read', macs };
}

function readMac(signature: string): Buffer[] {
  const text = signature.startsWith(VERSION)
    ? signature.slice(VERSION.length)
    : '';
  if (!BASE64.test(text)) {
    return [];
  }
  const mac = Buffer.from(text, 'base64');
  // Other texts give the same bytes, with bits that base64 does not use.
  return mac.toString('base64') === text ? [mac] : [];
}
