import { z } from 'zod';
import { block, list } from './containers';
import { date } from './dates';
import { readWebhookSecret } from './readWebhookSecret';
import type { DialectName, SenderSecret } from './settings';
import { quote, text } from './values';

const MIN_SECRET_BYTES = 16;
/** What the log of deliveries has room for. */
const MAX_SECRET_ID_LENGTH = 63;

/** The text itself, in UTF-8. */
const textKey = text()
  .transform((value): Uint8Array => Buffer.from(value, 'utf8'))
  .refine(key => key.byteLength >= MIN_SECRET_BYTES, {
    error: `is shorter than ${MIN_SECRET_BYTES} bytes; "openssl rand -hex 32" makes a good one`,
  });

/** As Standard Webhooks has it. No reason quotes it. */
const webhookKey = text().transform((value, ctx): Uint8Array => {
  const key = readWebhookSecret(value);
  if (typeof key === 'string') {
    ctx.addIssue({ code: 'custom', message: key });
    return z.NEVER;
  }
  return key;
});

const KEYS = { catalog: textKey, 'standard-webhooks': webhookKey };

/** What a sender may sign with: one secret, or several while one is rotated. */
export function senderSecrets(dialect: DialectName) {
  const secret = block({
    id: text().refine(value => value.length <= MAX_SECRET_ID_LENGTH, {
      error: `is longer than ${MAX_SECRET_ID_LENGTH} characters`,
    }),
    secret: KEYS[dialect],
    notBefore: date().optional(),
    notAfter: date().optional(),
    rotateBy: date().optional(),
  });
  return list(
    secret
      .refine(isEverValid, {
        error:
          'is not later than notBefore, so that the secret would never be good',
        path: ['notAfter'],
      })
      .transform(
        ({ secret: key, ...rest }): SenderSecret => ({ ...rest, key }),
      ),
  ).superRefine(checkDifferent);
}

function isEverValid(secret: { notBefore?: Date; notAfter?: Date }): boolean {
  const { notBefore, notAfter } = secret;
  return !notBefore || !notAfter || notBefore < notAfter;
}

function checkDifferent(
  secrets: SenderSecret[],
  ctx: z.core.$RefinementCtx,
): void {
  secrets.forEach(({ id, key }, index) => {
    const before = secrets.slice(0, index);
    if (before.some(other => other.id === id)) {
      const message = `${quote(
        id,
      )} names two secrets; give each an id of its own`;
      ctx.addIssue({ code: 'custom', path: [index, 'id'], message });
    }
    const same = before.find(other => Buffer.compare(other.key, key) === 0);
    if (same) {
      const message = `is the same as that of ${quote(
        same.id,
      )}; make a new one, or remove one of the two`;
      ctx.addIssue({ code: 'custom', path: [index, 'secret'], message });
    }
  });
}
