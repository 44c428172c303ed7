import { InputError } from '@backstage/errors';
import { createHash } from 'node:crypto';
import { type SignatureName, signatureOf } from '../../config/signatures';
import { createDialect } from '../../webhooks/dialects/createDialect';
import { headerValuesOf } from '../../webhooks/headers';
import { describeRejection } from '../../webhooks/rejections';
import { signBody } from '../../webhooks/verify/verifySignature';
import { printLines } from '../output';
import { type Call, STATUS } from '../terminal';
import {
  keyOf,
  readBody,
  readSecret,
  senderOf,
  type WebhookOptions,
} from './inputs';

/** `sign`: prints the headers that sign a body. */
export async function sign({
  args,
  options,
  terminal,
}: Call<WebhookOptions>): Promise<number> {
  const { dialect, id } = options;
  const key = keyOf(await readSecret(options, terminal), dialect);
  const body = await readBody(args[0], terminal);
  const headers = signWebhook({ body, key, dialect, id, now: new Date() });
  const lines = Object.entries(headers).map(pair => pair.join(': '));
  printLines(terminal, lines);
  return STATUS.OK;
}

interface HeaderForm {
  /** None where the form sends no id. */
  id?: string;
  /** None where the form signs no time. */
  timestamp?: string;
  signature: string;
  encode: (mac: Buffer) => string;
}

const HEADERS: Record<SignatureName, HeaderForm> = {
  catalog: {
    id: 'X-Catalog-Delivery',
    timestamp: 'X-Catalog-Timestamp',
    signature: 'X-Catalog-Signature',
    encode: mac => `sha256=${mac.toString('hex')}`,
  },
  'standard-webhooks': {
    id: 'webhook-id',
    timestamp: 'webhook-timestamp',
    signature: 'webhook-signature',
    encode: mac => `v1,${mac.toString('base64')}`,
  },
  github: {
    id: 'X-GitHub-Delivery',
    signature: 'X-Hub-Signature-256',
    encode: mac => `sha256=${mac.toString('hex')}`,
  },
  flux: {
    signature: 'X-Signature',
    encode: mac => `sha256=${mac.toString('hex')}`,
  },
};

/**
 * The headers that go with a body. What is signed before the body is taken from
 * the dialect that will verify it.
 */
export function signWebhook(options: {
  body: Buffer;
  key: Uint8Array;
  dialect: WebhookOptions['dialect'];
  /** Default: made of the body, so that the same body is the same delivery. */
  id?: string;
  now: Date;
}): Record<string, string> {
  const { body, key, dialect, now } = options;
  const { id = createHash('sha256').update(body).digest('hex') } = options;
  const form = HEADERS[signatureOf(dialect)];
  const unsigned = {
    ...(form.id && { [form.id]: id }),
    ...(form.timestamp && {
      [form.timestamp]: `${Math.floor(now.getTime() / 1000)}`,
    }),
  };
  const reading = createDialect({
    sender: senderOf(dialect, key),
    now: () => now,
  }).readSignature(
    headerValuesOf(
      Object.entries({
        ...unsigned,
        [form.signature]: form.encode(Buffer.alloc(32)),
      }).flat(),
    ),
  );
  if (reading.type === 'unusable') {
    throw new InputError(
      `Cannot sign with id "${id}": ${describeRejection(reading)}`,
    );
  }
  const mac = signBody({ key, prefix: reading.prefix, body });
  return { ...unsigned, [form.signature]: form.encode(mac) };
}
