import type { SenderSettings } from '../../config/sender';
import {
  type DeliveryId,
  type Dialect,
  type HeaderValues,
  readTimed,
  type SignatureReading,
  type Unusable,
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
  const mac = readHexSignature(headers(SIGNATURE_HEADER));
  if ('code' in mac) {
    return mac;
  }
  const macs = [mac];
  return requireTimestamp || headers(TIMESTAMP_HEADER).length > 0
    ? readTimed(headers, {
        macs,
        idHeader: DELIVERY_HEADER,
        timestampHeader: TIMESTAMP_HEADER,
        prefixOf: (id, timestamp) => `v1:${timestamp}.${id}.`,
      })
    : {
        type: 'readable',
        prefix: '',
        macs,
        deliveryId: readDeliveryId(headers(DELIVERY_HEADER)),
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
function readHexSignature([value, ...more]: readonly string[]):
  | Buffer
  | Unusable {
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
