import type { PayloadReader } from './createPayloadReader';
import type {
  DeliveryIdReading,
  Dialect,
  HeaderValues,
  SignatureReading,
} from './dialect';
import { readHexSignature } from './hexSignature';
import { isDeliveryId, readSignedId, readTimestamp } from './readHeaders';
import { readJson } from './readJson';

const SIGNATURE_HEADER = 'x-catalog-signature';
const TIMESTAMP_HEADER = 'x-catalog-timestamp';
const DELIVERY_HEADER = 'x-catalog-delivery';

/**
 * The dialect of the article: the HMAC of the body, or where
 * `X-Catalog-Timestamp` is sent, of `v1:<timestamp>.<delivery>.<body>`. What
 * is signed in one way never verifies in the other: no JSON begins with `v1:`.
 */
export function createCatalogDialect(options: {
  requireTimestamp: boolean;
  readPayload: PayloadReader;
}): Dialect {
  return {
    readSignature: headers => readSignature(headers, options.requireTimestamp),
    readBody: body => {
      const json = readJson(body);
      return json.type === 'invalid'
        ? json
        : { ...options.readPayload(json.value), payload: json.payload };
    },
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
  const macs = [signature.mac];
  return requireTimestamp || headers(TIMESTAMP_HEADER).length > 0
    ? readTimed(headers, macs)
    : {
        type: 'readable',
        prefix: '',
        macs,
        delivery: readDeliveryId(headers(DELIVERY_HEADER)),
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
    delivery: { type: 'valid', externalId: id.value },
  };
}

function readDeliveryId(values: readonly string[]): DeliveryIdReading {
  const [value, ...more] = values;
  if (value === undefined) {
    return { type: 'valid' };
  }
  return more.length === 0 && isDeliveryId(value)
    ? { type: 'valid', externalId: value }
    : {
        type: 'invalid',
        message:
          'X-Catalog-Delivery: must be sent once, with 1 to 255 visible ASCII characters',
      };
}
