import {
  readTimed,
  type SignatureForm,
  type Unusable,
  unusable,
} from './signature';

const ID_HEADER = 'webhook-id';
const TIMESTAMP_HEADER = 'webhook-timestamp';
const SIGNATURE_HEADER = 'webhook-signature';

/** Standard Webhooks with symmetric signatures: the HMAC of `<id>.<timestamp>.<body>`. */
export const standardWebhooksSignature: SignatureForm = {
  idHeader: ID_HEADER,
  read(headers) {
    const macs = readSignatures(headers(SIGNATURE_HEADER));
    return Array.isArray(macs)
      ? readTimed(headers, {
          macs,
          idHeader: ID_HEADER,
          timestampHeader: TIMESTAMP_HEADER,
          prefixOf: (id, timestamp) => `${id}.${timestamp}.`,
        })
      : macs;
  },
};

/** Longer values of the signature header are not looked at. */
const MAX_LENGTH = 4096;
/** More signatures than these are not looked at: each is compared with each secret. */
const MAX_SIGNATURES = 16;
/** 32 bytes. */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;

/**
 * One header with spaces between its signatures. Those of other versions, and
 * those that cannot be one of ours, are passed over.
 */
function readSignatures([value, ...more]: readonly string[]):
  | Buffer[]
  | Unusable {
  if (value === undefined) {
    return unusable('signature-missing');
  }
  if (more.length > 0) {
    return unusable('signature-repeated');
  }
  const signatures = value.length <= MAX_LENGTH ? value.split(' ') : [];
  const macs =
    signatures.length <= MAX_SIGNATURES ? signatures.flatMap(readMac) : [];
  return macs.length === 0 ? unusable('signature-malformed') : macs;
}

function readMac(signature: string): Buffer[] {
  const [, text = ''] = SIGNATURE.exec(signature) ?? [];
  const mac = Buffer.from(text, 'base64');
  // Other texts give the same bytes, with bits that base64 does not use.
  return text && mac.toString('base64') === text ? [mac] : [];
}
