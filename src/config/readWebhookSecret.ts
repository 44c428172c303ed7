const PREFIX = 'whsec_';
/** As the specification has it. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;
const TRY = 'echo "whsec_$(openssl rand -base64 32)" makes a good one';

/**
 * The key that a secret of Standard Webhooks stands for, or what is wrong with
 * the secret. Strictly: what one decoder reads in its own way, such as base64
 * without its padding, another reads as another key.
 */
export function readWebhookSecret(secret: string): Uint8Array | string {
  const base64 = secret.startsWith(PREFIX)
    ? secret.slice(PREFIX.length)
    : secret;
  const key = Buffer.from(base64, 'base64');
  if (key.toString('base64') !== base64) {
    return `is not base64 (RFC 4648, section 4) after an optional "${PREFIX}"; ${TRY}`;
  }
  if (key.byteLength < MIN_BYTES || key.byteLength > MAX_BYTES) {
    return `stands for ${key.byteLength} bytes, not ${MIN_BYTES} to ${MAX_BYTES}; ${TRY}`;
  }
  return key;
}
