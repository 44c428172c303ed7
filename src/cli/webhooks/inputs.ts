import { InputError } from '@backstage/errors';
import { SENDER_DEFAULTS, type SenderSettings } from '../../config/sender';
import { SIGNATURE_SECRETS, signatureOf } from '../../config/signatures';
import { completeVerify } from '../../config/verify';
import { readBytes } from '../files';
import type { Terminal } from '../terminal';

export interface WebhookOptions {
  dialect: SenderSettings['dialect'];
  secretFile?: string;
  id?: string;
}

/** The secret as it was given: of a file, without the line break at its end. */
export async function readSecret(
  { secretFile }: Pick<WebhookOptions, 'secretFile'>,
  terminal: Terminal,
): Promise<string> {
  if (secretFile !== undefined) {
    const text = (await readBytes(secretFile, terminal)).toString('utf8');
    return text.replace(/\r?\n$/, '');
  }
  const secret = terminal.env.CATALOG_WEBHOOK_SECRET;
  if (!secret) {
    throw new InputError(
      'There is no secret: set CATALOG_WEBHOOK_SECRET, or name a file with --secret-file',
    );
  }
  return secret;
}

/** The key that a secret stands for. No message quotes it. */
export function keyOf(
  secret: string,
  dialect: SenderSettings['dialect'],
): Uint8Array {
  const schema = SIGNATURE_SECRETS[signatureOf(dialect)];
  const { success, data, error } = schema.safeParse(secret);
  if (!success) {
    throw new InputError(`The secret ${error.issues[0].message}`);
  }
  return data;
}

/** A sender of a dialect, with everything else as it is by default. */
export function senderOf(
  dialect: SenderSettings['dialect'],
  key: Uint8Array,
): SenderSettings {
  return {
    ...SENDER_DEFAULTS,
    name: 'given',
    dialect,
    verify: completeVerify({ all: ['hmac'] }, dialect),
    secrets: [{ id: 'given', key }],
    signature: signatureOf(dialect),
    requireTimestamp: dialect === 'standard-webhooks',
    timeWindowMs: SENDER_DEFAULTS.timeWindow,
  };
}

/** The bytes of a body: of a file, or of what is piped into the command. */
export async function readBody(
  file: string | undefined,
  terminal: Terminal,
): Promise<Buffer> {
  if (file !== undefined) {
    return readBytes(file, terminal);
  }
  const { stdin } = terminal;
  if (stdin.isTTY) {
    throw new InputError('There is no body: name a file, or pipe it into this');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}
