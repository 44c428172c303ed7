import {
  type Dialect,
  type HeaderReading,
  type HeaderValues,
  readSignedId,
  readTimestamp,
  type SignatureReading,
  unusable,
} from './dialect';
import { isObject, type PayloadReader, readJson } from './payload';

const ID_HEADER = 'webhook-id';
const TIMESTAMP_HEADER = 'webhook-timestamp';
const SIGNATURE_HEADER = 'webhook-signature';

/**
 * Standard Webhooks with symmetric signatures: the HMAC of
 * `<id>.<timestamp>.<body>`. The body is the plain payload, or the payload in
 * the specification's envelope `{ type, timestamp, data }`.
 */
export function createStandardWebhooksDialect(options: {
  readPayload: PayloadReader;
}): Dialect {
  return {
    readSignature,
    readBody: body => {
      const json = readJson(body);
      if (json.type === 'invalid') {
        return json;
      }
      const { value, payload } = json;
      const reading = isEnvelope(value)
        ? options.readPayload(unwrap(value), nameIn(value))
        : options.readPayload(value);
      return { ...reading, payload };
    },
  };
}

function readSignature(headers: HeaderValues): SignatureReading {
  const id = readSignedId(headers(ID_HEADER));
  if (id.type === 'unusable') {
    return id;
  }
  const timestamp = readTimestamp(headers(TIMESTAMP_HEADER));
  if (timestamp.type === 'unusable') {
    return timestamp;
  }
  const signatures = readSignatures(headers(SIGNATURE_HEADER));
  if (signatures.type === 'unusable') {
    return signatures;
  }
  return {
    type: 'readable',
    prefix: `${id.value}.${timestamp.value}.`,
    macs: signatures.value,
    timestamp: Number(timestamp.value),
    delivery: { type: 'valid', externalId: id.value },
  };
}

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
function readSignatures([value, ...more]: readonly string[]): HeaderReading<
  Buffer[]
> {
  if (value === undefined) {
    return unusable('signature-missing');
  }
  if (more.length > 0) {
    return unusable('signature-repeated');
  }
  const signatures = value.length <= MAX_LENGTH ? value.split(' ') : [];
  const macs =
    signatures.length <= MAX_SIGNATURES ? signatures.flatMap(readMac) : [];
  return macs.length === 0
    ? unusable('signature-malformed')
    : { type: 'read', value: macs };
}

function readMac(signature: string): Buffer[] {
  const [, text = ''] = SIGNATURE.exec(signature) ?? [];
  const mac = Buffer.from(text, 'base64');
  // Other texts give the same bytes, with bits that base64 does not use.
  return text && mac.toString('base64') === text ? [mac] : [];
}

interface Envelope {
  type: unknown;
  timestamp?: unknown;
  data?: unknown;
}

/** The plain payload has neither `type` nor `data`. */
function isEnvelope(value: unknown): value is Envelope {
  return (
    isObject(value) &&
    ('type' in value || 'data' in value) &&
    !('event' in value)
  );
}

function unwrap({ type, timestamp, data }: Envelope): unknown {
  return {
    ...(isObject(data) && data),
    event: type,
    ...(timestamp !== undefined && { time: timestamp }),
  };
}

/** How the sender calls a field of the payload. */
function nameIn(envelope: Envelope): (path: string) => string {
  const names: Record<string, string> = {
    event: 'type',
    ...(envelope.timestamp !== undefined && { time: 'timestamp' }),
  };
  return path => names[path] ?? `data.${path}`;
}
