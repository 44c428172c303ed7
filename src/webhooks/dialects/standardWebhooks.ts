import type { PayloadReader } from './createPayloadReader';
import type { Dialect, HeaderValues, SignatureReading } from './dialect';
import { readSignedId, readTimestamp } from './readHeaders';
import { readJson } from './readJson';
import { readVersionedSignatures } from './versionedSignatures';

const ID_HEADER = 'webhook-id';
const TIMESTAMP_HEADER = 'webhook-timestamp';
const SIGNATURE_HEADER = 'webhook-signature';

/**
 * Standard Webhooks with symmetric signatures: the HMAC of
 * `<id>.<timestamp>.<body>`. The body is the article's payload, as it is or in
 * the specification's `{ type, timestamp, data }`.
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
  const signatures = readVersionedSignatures(headers(SIGNATURE_HEADER));
  if (signatures.type === 'unusable') {
    return signatures;
  }
  return {
    type: 'readable',
    prefix: `${id.value}.${timestamp.value}.`,
    macs: signatures.macs,
    timestamp: Number(timestamp.value),
    delivery: { type: 'valid', externalId: id.value },
  };
}

interface Envelope {
  type: unknown;
  timestamp?: unknown;
  data?: unknown;
}

/** The article's payload has neither of the two at its top. */
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
