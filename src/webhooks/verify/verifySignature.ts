import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { SenderSecret } from '../../model/settings';
import { parseSignature } from './parseSignature';
import { signBody } from './signBody';

export type Verification =
  | { type: 'verified'; secretId: string }
  | {
      type: 'rejected';
      /** For the log, never for the caller. */
      code:
        | 'signature-missing'
        | 'signature-repeated'
        | 'signature-malformed'
        | 'signature-wrong';
    };

// Nobody can sign with these: they stand in where there is nothing to compare.
const STAND_IN_SECRET = randomBytes(32);
const STAND_IN_MAC = randomBytes(32);

/**
 * Whether one of a sender's secrets signed these bytes, and which.
 *
 * Computes `rounds` HMACs whatever it is given, without an early exit, so that
 * the time it takes tells neither which secret matched nor whether there is any.
 */
export function verifySignature(options: {
  body: Uint8Array;
  /** All values of the signature header. */
  signatures: readonly string[];
  secrets: readonly SenderSecret[];
  /** How many HMACs to compute: those of the sender with the most secrets. */
  rounds: number;
}): Verification {
  const { body, signatures, secrets, rounds } = options;
  const parsed = parseSignature(signatures);
  const mac = parsed.type === 'parsed' ? parsed.mac : STAND_IN_MAC;

  let secretId: string | undefined;
  for (let i = 0; i < Math.max(rounds, secrets.length, 1); i++) {
    // An empty secret is no secret: anybody could sign with it.
    const usable = secrets[i]?.secret.length > 0 ? secrets[i] : undefined;
    const expected = signBody({
      body,
      secret: usable?.secret ?? STAND_IN_SECRET,
    });
    const matches = timingSafeEqual(expected, mac);
    secretId ??= matches ? usable?.id : undefined;
  }

  if (parsed.type === 'unusable') {
    return { type: 'rejected', code: parsed.code };
  }
  return secretId === undefined
    ? { type: 'rejected', code: 'signature-wrong' }
    : { type: 'verified', secretId };
}
