import { createHmac } from 'node:crypto';

/** HMAC-SHA256 (RFC 2104, FIPS 180-4) of raw bytes, and of what is signed before them. */
export function signBody(options: {
  key: Uint8Array;
  /** What stands before the body in what is signed. */
  prefix?: string;
  body: Uint8Array;
}): Buffer {
  const { key, prefix, body } = options;
  const hmac = createHmac('sha256', key);
  if (prefix) {
    hmac.update(prefix);
  }
  return hmac.update(body).digest();
}
