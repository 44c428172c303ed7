import { createHmac } from 'node:crypto';

/** HMAC-SHA256 (RFC 2104, FIPS 180-4) of a raw body. */
export function signBody(options: {
  body: Uint8Array;
  secret: string | Uint8Array;
}): Buffer {
  return createHmac('sha256', options.secret).update(options.body).digest();
}
