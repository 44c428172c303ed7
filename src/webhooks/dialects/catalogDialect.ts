import type { SenderSettings } from '../../config/sender';
import {
  type DeliveryId,
  type Dialect,
  type HeaderReading,
  type HeaderValues,
  readSignedId,
  readTimestamp,
  type SignatureReading,
  unusable,
} from './dialect';
import { createBodyReader, type PayloadOptions } from './payload';

const SIGNATURE_HEADER = 'x-catalog-signature';
const TIMESTAMP_HEADER = 'x-catalog-timestamp';
const DELIVERY_HEADER = 'x-catalog-delivery';

/**
 * The default format: the HMAC of the body, or where `X-Catalog-Timestamp` is
 * sent, of `v1:<timestamp>.<delivery>.<body>`. What is signed in one way never
 * verifies in the other, since no JSON begins with `v1:`.
 */
export function createCatalogDialect(
  options: PayloadOptions & {
    sender: Pick<SenderSettings, 'requireTimestamp'>;
  },
): Dialect {
  const { requireTimestamp } = options.sender;
  return {
    readSignature: headers => readSignature(headers, requireTimestamp),
    readBody: createBodyReader(options),
  };
}

function readSignature(
  headers: HeaderValues,
  requireTimestamp: boolean,
): SignatureReading {
  const signature = readHexSignature(headers(SIGNATURE_HEADER));
  if (signature.type === 'unusable') {
    return signature;
  }
  const macs = [signature.value];
  return requireTimestamp || headers(TIMESTAMP_HEADER).length > 0
    ? readTimed(headers, macs)
    : {
        type: 'readable',
        prefix: '',
        macs,
        deliveryId: readDeliveryId(headers(DELIVERY_HEADER)),
      };
}

function readTimed(headers: HeaderValues, macs: Buffer[]): SignatureReading {
  const timestamp = readTimestamp(headers(TIMESTAMP_HEADER));
  if (timestamp.type === 'unusable') {
    return timestamp;
  }
  const id = readSignedId(headers(DELIVERY_HEADER));
  if (id.type === 'unusable') {
    return id;
  }
  return {
    type: 'readable',
    prefix: `v1:${timestamp.value}.${id.value}.`,
    macs,
    timestamp: Number(timestamp.value),
    deliveryId: { type: 'valid', externalId: id.value },
  };
}

/** Visible ASCII. */
const UNSIGNED_ID = /^[\x21-\x7e]{1,255}$/;

function readDeliveryId([value, ...more]: readonly string[]): DeliveryId {
  if (value === undefined) {
    return { type: 'valid' };
  }
  return more.length === 0 && UNSIGNED_ID.test(value)
    ? { type: 'valid', externalId: value }
    : {
        type: 'invalid',
        message:
          'X-Catalog-Delivery: must be sent once, with 1 to 255 visible ASCII characters',
      };
}

/** Longer values of the signature header are not looked at. */
const MAX_LENGTH = 256;

const HEX = /^(?:sha256=)?([0-9a-f]{64})$/;
const HEX_IN_ANY_CASE = /^(?:sha256=)?[0-9a-f]{64}$/i;
const BASE64 = /^(?:sha256=)?[A-Za-z0-9+/]{43}=$/;

/** One value of 64 lower-case hex digits, with or without `sha256=` before them. */
function readHexSignature([
  value,
  ...more
]: readonly string[]): HeaderReading<Buffer> {
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
    return { type: 'read', value: Buffer.from(hex, 'hex') };
  }
  if (HEX_IN_ANY_CASE.test(value)) {
    return unusable('signature-upper-case');
  }
  return unusable(
    BASE64.test(value) ? 'signature-base64' : 'signature-malformed',
  );
}
