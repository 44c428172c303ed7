import { z } from 'zod';
import { quoteValue } from '../lib/values';
import { block, list, readBy, text } from './primitives';

const MIN_TEXT_BYTES = 16;
/** What a column of the delivery log holds. */
const MAX_ID_LENGTH = 63;

/** As YAML may add a line break: nobody signs with that. */
const trimmedText = () =>
  text().refine(value => value === value.trim(), {
    error:
      'has a blank or a line break at its beginning or end; write "|-" in place of "|" before a block of YAML, or the secret in one line between quotes',
    abort: true,
  });

/** The text itself, in UTF-8. */
export const textKey = trimmedText()
  .transform((value): Uint8Array => Buffer.from(value, 'utf8'))
  .refine(key => key.byteLength >= MIN_TEXT_BYTES, {
    error: `is shorter than ${MIN_TEXT_BYTES} bytes; "openssl rand -hex 32" makes a good one`,
  });

/** As Standard Webhooks has it. No reason quotes it. */
export const webhookKey = trimmedText().pipe(
  readBy(value => readWebhookSecret(value as string)),
);

const PREFIX = 'whsec_';
/** As the specification has it. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;
const TRY = 'echo "whsec_$(openssl rand -base64 32)" makes a good one';

/**
 * Decodes a secret of Standard Webhooks, or says what is wrong with it. It is
 * strict: from base64 without padding, decoders give different keys.
 */
export function readWebhookSecret(secret: string): Uint8Array | string {
  const base64 = secret.startsWith(PREFIX)
    ? secret.slice(PREFIX.length)
    : secret;
  const key = Buffer.from(base64, 'base64');
  if (key.toString('base64') !== base64) {
    return `is not base64 (RFC 4648, section 4) after an optional "${PREFIX}"; ${TRY}`;
  }
  if (key.byteLength < MIN_BYTES || key.byteLength > MAX_BYTES) {
    return `decodes to ${key.byteLength} bytes, not ${MIN_BYTES} to ${MAX_BYTES}; ${TRY}`;
  }
  return key;
}

const DATES = [z.iso.date(), z.iso.datetime({ offset: true })];

/** A point in time. A secret may stand in its place, so it is never quoted. */
export const date = text()
  .refine(value => DATES.some(form => form.safeParse(value).success), {
    error:
      'is not a date, such as 2027-01-31, from the start of that day in UTC, or a date and time with its zone, such as 2027-01-31T18:00:00+01:00',
  })
  .transform(value => new Date(value));

/** The id of a credential, as people name it. */
export const credentialId = text().refine(
  value => value.length <= MAX_ID_LENGTH,
  { error: `is longer than ${MAX_ID_LENGTH} characters` },
);

/** Which credential a source uses at present, and when it should be replaced. */
export const sourceCredential = block({
  id: credentialId.optional(),
  rotateBy: date.optional(),
}).refine(({ id, rotateBy }) => id !== undefined || rotateBy !== undefined, {
  error: 'is present and empty; set id or rotateBy, or remove the key',
});

/** What a sender may sign with: one secret, or several while one is rotated. */
export function secretList(secret: typeof textKey | typeof webhookKey) {
  const member = block({
    id: credentialId,
    secret,
    /** When it becomes valid. */
    notBefore: date.optional(),
    /** When it expires. */
    notAfter: date.optional(),
    /** When it should have been replaced. It remains valid and is reported. */
    rotateBy: date.optional(),
  })
    .refine(
      ({ notBefore, notAfter }) =>
        !notBefore || !notAfter || notBefore < notAfter,
      {
        error:
          'is not later than notBefore, so that the secret would never be valid',
        path: ['notAfter'],
      },
    )
    .transform(({ secret: key, ...rest }) => ({ ...rest, key }));
  return list(member).superRefine(checkDifferent);
}

/** `key` is the key of the HMAC, in bytes. */
export type SenderSecret = z.output<ReturnType<typeof secretList>>[number];

function checkDifferent(
  secrets: Array<{ id: string; key: Uint8Array }>,
  ctx: z.core.$RefinementCtx,
): void {
  secrets.forEach(({ id, key }, index) => {
    const before = secrets.slice(0, index);
    if (before.some(other => other.id === id)) {
      const message = `${quoteValue(
        id,
      )} names two secrets; give each an id of its own`;
      ctx.addIssue({ code: 'custom', path: [index, 'id'], message });
    }
    const same = before.find(other => Buffer.compare(other.key, key) === 0);
    if (same) {
      const message = `is the same as that of ${quoteValue(
        same.id,
      )}; make a new one, or remove one of the two`;
      ctx.addIssue({ code: 'custom', path: [index, 'secret'], message });
    }
  });
}
