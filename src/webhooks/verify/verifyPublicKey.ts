import { verify } from 'node:crypto';
import type { PublicKeys } from '../../config/verify';
import type { HeaderValues } from '../headers';
import {
  readTimed,
  type SignatureReading,
  type Unusable,
  unusable,
} from '../signatures/signature';

/** More than these are not looked at: each is compared with each key. */
const MAX_SIGNATURES = 4;
const MAX_LENGTH = 1024;
/** 64 bytes. */
const SIGNATURE = /^v1a,([A-Za-z0-9+/]{86}==)$/;

/**
 * Standard Webhooks with asymmetric signatures: Ed25519 over
 * `<id>.<timestamp>.<body>`. Those of other versions are passed over.
 */
export function readPublicKeySignature(
  headers: HeaderValues,
): SignatureReading {
  const signatures = readSignatures(headers('webhook-signature'));
  return Array.isArray(signatures)
    ? readTimed(headers, {
        macs: signatures,
        idHeader: 'webhook-id',
        timestampHeader: 'webhook-timestamp',
        prefixOf: (id, timestamp) => `${id}.${timestamp}.`,
      })
    : signatures;
}

function readSignatures([value, ...more]: readonly string[]):
  | Buffer[]
  | Unusable {
  if (value === undefined) {
    return unusable('signature-missing');
  }
  if (more.length > 0) {
    return unusable('signature-repeated');
  }
  const given = value.length <= MAX_LENGTH ? value.split(' ') : [];
  const signatures = given.flatMap(each => {
    const [, base64] = SIGNATURE.exec(each) ?? [];
    return base64 === undefined ? [] : [Buffer.from(base64, 'base64')];
  });
  return signatures.length > 0 && signatures.length <= MAX_SIGNATURES
    ? signatures
    : unusable('signature-malformed');
}

/** The id of the key that made one of the signatures, if any did. */
export function findSigningKey(options: {
  body: Uint8Array;
  prefix: string;
  signatures: readonly Buffer[];
  keys: PublicKeys;
}): string | undefined {
  const { body, prefix, signatures, keys } = options;
  const signed = Buffer.concat([Buffer.from(prefix), body]);
  return keys.find(({ publicKey }) =>
    signatures.some(each => verify(null, signed, publicKey, each)),
  )?.id;
}
