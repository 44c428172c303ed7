import type { IncomingMessage } from 'node:http';

/** Header with the sender's own id of a delivery. */
export const DELIVERY_HEADER = 'x-catalog-delivery';

const FORMAT = /^[\x21-\x7e]{1,255}$/;

export type ExternalId =
  | { type: 'valid'; externalId?: string }
  | { type: 'invalid'; message: string };

/** The sender's own id of a delivery, where it gives one. */
export function readExternalId(req: IncomingMessage): ExternalId {
  const [value, ...more] = req.headersDistinct[DELIVERY_HEADER] ?? [];
  if (value === undefined) {
    return { type: 'valid' };
  }
  return more.length === 0 && FORMAT.test(value)
    ? { type: 'valid', externalId: value }
    : {
        type: 'invalid',
        message:
          'X-Catalog-Delivery: must be sent once, with 1 to 255 visible ASCII characters',
      };
}
