import { canonicalJson } from '../../lib/canonicalJson';
import type { SignatureReading } from '../../webhooks/signatures/signature';
import { matchesAny, signBody } from '../../webhooks/verify/verifySignature';

interface Guess {
  reason: string;
  key?: Uint8Array;
  prefix?: string;
  body?: Buffer;
}

/**
 * Finds mistakes that a backend does not look for: they take the text of the
 * secret, or many more HMACs than it spends on what is not verified.
 */
export function findOfflineMistake(options: {
  reading: SignatureReading;
  body: Buffer;
  secret: string;
  key: Uint8Array;
}): string | undefined {
  const { reading, body, secret, key } = options;
  if (reading.type === 'unusable') {
    return undefined;
  }
  const { prefix, macs } = reading;
  const guesses: Guess[] = [
    ...secretGuesses(secret),
    ...prefixGuesses(reading),
    ...bodyGuesses(body),
  ];
  return guesses.find(guess =>
    matchesAny(signBody({ key, prefix, body, ...guess }), macs),
  )?.reason;
}

function secretGuesses(secret: string): Guess[] {
  const base64 = secret.replace(/^whsec_/, '');
  const guess = (reason: string, key: Uint8Array | string): Guess => ({
    reason,
    key: Buffer.from(key),
  });
  const newline =
    'newline-in-secret (signed with a line break at the end of the secret)';
  const text =
    'secret-not-decoded (signed with the text of the secret, where the bytes of its base64 are the key)';
  const decoded =
    'secret-decoded (signed with the bytes that the secret is the hex or base64 of, where its text is the key)';
  const whsec =
    'secret-prefix (signed with the secret without "whsec_", which belongs to its text in this dialect)';
  return [
    guess(newline, `${secret}\n`),
    guess(newline, `${secret}\r\n`),
    guess(newline, `${base64}\n`),
    guess(text, secret),
    guess(secret === base64 ? text : whsec, base64),
    guess(decoded, Buffer.from(base64, 'base64')),
    guess(decoded, Buffer.from(secret, 'hex')),
    // An empty key is no guess.
  ].filter(({ key }) => key!.length > 0);
}

/** What is signed before the body, as other dialects and services have it. */
function prefixGuesses(
  reading: Extract<SignatureReading, { type: 'readable' }>,
): Guess[] {
  if (!reading.signed) {
    return [];
  }
  const { id, timestamp } = reading.signed;
  const reason = `prefix-wrong (signed something other than "${reading.prefix}" before the body)`;
  return [
    `v1:${timestamp}.${id}.`,
    `v1:${id}.${timestamp}.`,
    `${timestamp}.${id}.`,
    `${id}.${timestamp}.`,
    `v1:${timestamp}.`,
    `${timestamp}.`,
    `${id}.`,
    `v1:${timestamp}.${id}`,
  ].map(prefix => ({ reason, prefix }));
}

/** The same JSON, as other writers have it: with other blanks, or sorted keys. */
function bodyGuesses(body: Buffer): Guess[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return [];
  }
  const reason =
    'body-reserialised (signed the same JSON in another form: other blanks, order of keys or escapes; sign and send the same bytes)';
  const values = [value, JSON.parse(canonicalJson(value))];
  const texts = values.flatMap(each => [
    JSON.stringify(each),
    spaced(each),
    ...[2, 4, '\t'].map(indent => JSON.stringify(each, null, indent)),
  ]);
  return texts
    .flatMap(text => [text, escaped(text), text.replace(/\//g, '\\/')])
    .flatMap(text => [text, `${text}\n`])
    .map(text => ({ reason, body: Buffer.from(text) }));
}

/** On one line with a blank after `,` and `:`, as Python writes it. */
function spaced(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/,\n */g, ', ')
    .replace(/\n */g, '');
}

/** In ASCII, as Python writes it. */
function escaped(text: string): string {
  return text.replace(
    /[^\0-\x7f]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
