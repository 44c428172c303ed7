import { createHmac } from 'node:crypto';
import { SENDERS, type SenderName } from './senders';

/** A request before it is bytes: a header may stand there twice. */
export interface FuzzRequest {
  method: string;
  path: string;
  headers: Array<[string, string]>;
  body: Buffer;
}

export const pathOf = (sender: string) =>
  `/api/catalog/custom-data/webhooks/${sender}`;

/** A request that verifies, whatever its body says. */
export function signedRequest(options: {
  sender: SenderName;
  id: string;
  time: Date;
  body: Buffer;
}): FuzzRequest {
  const { sender, body } = options;
  return {
    method: 'POST',
    path: pathOf(sender),
    headers: [
      ['Host', '127.0.0.1'],
      ['Content-Type', 'application/json'],
      ...signatureOf(options),
    ],
    body,
  };
}

function signatureOf(options: {
  sender: SenderName;
  id: string;
  time: Date;
  body: Buffer;
}): Array<[string, string]> {
  const { sender, id, time, body } = options;
  const timestamp = String(Math.floor(time.getTime() / 1000));
  const sign = (prefix: string, encoding: 'hex' | 'base64') =>
    createHmac('sha256', SENDERS[sender])
      .update(prefix)
      .update(body)
      .digest(encoding);
  switch (sender) {
    case 'plain':
      return [
        ['X-Catalog-Delivery', id],
        ['X-Catalog-Signature', sign('', 'hex')],
      ];
    case 'timed':
      return [
        ['X-Catalog-Timestamp', timestamp],
        ['X-Catalog-Delivery', id],
        ['X-Catalog-Signature', sign(`v1:${timestamp}.${id}.`, 'hex')],
      ];
    default:
      return [
        ['webhook-id', id],
        ['webhook-timestamp', timestamp],
        ['webhook-signature', `v1,${sign(`${id}.${timestamp}.`, 'base64')}`],
      ];
  }
}

/** As it goes over the wire; without `Content-Length` where the headers say how long it is. */
export function requestBytes(request: FuzzRequest): Buffer {
  const { method, path, headers, body } = request;
  const framed = headers.some(([name]) =>
    ['content-length', 'transfer-encoding'].includes(name.toLowerCase()),
  );
  const all: Array<[string, string]> = framed
    ? headers
    : [...headers, ['Content-Length', String(body.length)]];
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`, 'latin1'),
    body,
  ]);
}
