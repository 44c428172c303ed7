import { readHexSignature } from './hexSignature';
import { readTimed, type SignatureForm } from './signature';

const SIGNATURE_HEADER = 'x-catalog-signature';
const TIMESTAMP_HEADER = 'x-catalog-timestamp';
const DELIVERY_HEADER = 'x-catalog-delivery';

/**
 * The default form: the HMAC of the body, or where `X-Catalog-Timestamp` is
 * sent, of `v1:<timestamp>.<delivery>.<body>`. What is signed in one way never
 * verifies in the other, since no JSON begins with `v1:`.
 */
export const catalogSignature: SignatureForm = {
  idHeader: 'X-Catalog-Delivery',
  read(headers, { requireTimestamp }) {
    const mac = readHexSignature(headers, SIGNATURE_HEADER);
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
      : { type: 'readable', prefix: '', macs };
  },
};
