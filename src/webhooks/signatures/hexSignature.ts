import type { HeaderValues } from '../headers';
import { type Unusable, unusable } from './signature';

/** Longer values of the header are not looked at. */
const MAX_LENGTH = 256;

const HEX = /^(?:sha256=)?([0-9a-f]{64})$/;
const HEX_IN_ANY_CASE = /^(?:sha256=)?[0-9a-f]{64}$/i;
const BASE64 = /^(?:sha256=)?[A-Za-z0-9+/]{43}=$/;

/** One value of 64 lower-case hex digits, with or without `sha256=` before them. */
export function readHexSignature(
  headers: HeaderValues,
  name: string,
): Buffer | Unusable {
  const [value, ...more] = headers(name);
  if (value === undefined) {
    return unusable('signature-missing');
  }
  if (more.length > 0) {
    return unusable('signature-repeated');
  }
  if (value.length > MAX_LENGTH) {
    return unusable('signature-malformed');
  }
  const hex = HEX.exec(value)?.[1];
  if (hex !== undefined) {
    return Buffer.from(hex, 'hex');
  }
  if (HEX_IN_ANY_CASE.test(value)) {
    return unusable('signature-upper-case');
  }
  return unusable(
    BASE64.test(value) ? 'signature-base64' : 'signature-malformed',
  );
}
