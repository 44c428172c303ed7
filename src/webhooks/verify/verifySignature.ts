import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SenderSecret } from '../../config/secrets';

export type Verification =
  | { type: 'verified'; secretId: string }
  | {
      type: 'rejected';
      /** For the log, never for the caller. */
      code: 'signature-wrong' | 'secret-expired' | 'secret-not-yet-valid';
    };

// Nobody can sign with these: they stand in where there is nothing to compare.
export const STAND_IN_KEY = randomBytes(32);
export const STAND_IN_MACS = [randomBytes(32)];

const MAC_LENGTH = 32;

/**
 * Whether one of a sender's secrets signed these bytes, and which.
 *
 * Computes `rounds` HMACs whatever it is given, without an early exit, so that
 * the time it takes tells neither which secret matched nor whether there is
 * any. A secret that is expired or not yet valid is computed with like any
 * other. That it matched is for the log, and verifies nothing.
 */
export function verifySignature(options: {
  body: Uint8Array;
  /** What is signed before the body. */
  prefix: string;
  /** What the request says the HMAC is; one that matches is enough. */
  macs: readonly Uint8Array[];
  secrets: readonly SenderSecret[];
  /** How many HMACs to compute: those of the sender with the most secrets. */
  rounds: number;
  now: Date;
}): Verification {
  const { body, prefix, secrets, rounds, now } = options;
  const macs = options.macs.length > 0 ? options.macs : STAND_IN_MACS;

  let secretId: string | undefined;
  let code: Extract<Verification, { type: 'rejected' }>['code'] =
    'signature-wrong';
  for (let i = 0; i < Math.max(rounds, secrets.length, 1); i++) {
    // An empty key is no secret: anybody could sign with it.
    const secret = secrets[i]?.key.length > 0 ? secrets[i] : undefined;
    const expected = signBody({
      key: secret?.key ?? STAND_IN_KEY,
      prefix,
      body,
    });
    const matches = matchesAny(expected, macs);
    if (matches && secret) {
      const validity = validityOf(secret, now);
      if (validity === 'valid') {
        secretId ??= secret.id;
      } else {
        code = `secret-${validity}`;
      }
    }
  }
  return secretId === undefined
    ? { type: 'rejected', code }
    : { type: 'verified', secretId };
}

/** HMAC-SHA256 (RFC 2104, FIPS 180-4) of raw bytes, and of what is signed before them. */
export function signBody(options: {
  key: Uint8Array;
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

/** Compares with each of them, whether an earlier one matched or not. */
export function matchesAny(
  expected: Uint8Array,
  macs: readonly Uint8Array[],
): boolean {
  let found = false;
  for (const mac of macs) {
    found =
      (mac.length === MAC_LENGTH && timingSafeEqual(expected, mac)) || found;
  }
  return found;
}

/** Whether a secret may be used at a time. */
export function validityOf(
  { notBefore, notAfter }: Pick<SenderSecret, 'notBefore' | 'notAfter'>,
  now: Date,
): 'valid' | 'not-yet-valid' | 'expired' {
  if (notAfter && notAfter <= now) {
    return 'expired';
  }
  return notBefore && notBefore > now ? 'not-yet-valid' : 'valid';
}
