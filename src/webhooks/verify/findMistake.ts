import type { SenderSecret } from '../../config/secrets';
import type { RejectionCode } from '../rejections';
import {
  matchesAny,
  signBody,
  STAND_IN_KEY,
  STAND_IN_MACS,
} from './verifySignature';

/** What a workflow signs, and with, where its shell fills in no variables. */
const PLACEHOLDER = Buffer.from('${PAYLOAD}');
const PLACEHOLDER_KEY = Buffer.from('${WEBHOOK_SECRET}');
const NEWLINE = Buffer.from('\n');
const CRLF = Buffer.from('\r\n');
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Larger bodies are not looked into: it is done on the one thread that everybody waits for. */
const MAX_BODY_BYTES = 32_000;

interface Guess {
  code: RejectionCode;
  prefix: string;
  body: Uint8Array;
  keys: readonly Uint8Array[];
}

/**
 * Finds out whether a sender made one of the usual mistakes, where a signature
 * did not verify. Computes eleven HMACs a round and two more, as many for one
 * request as for another of the same bytes, so that the time it takes does not
 * tell a known sender from an unknown one. To be called after the answer, and seldom.
 */
export function findMistake(options: {
  body: Buffer;
  prefix: string;
  macs: readonly Uint8Array[];
  secrets: readonly SenderSecret[];
  /** As many keys are tried: those of the sender with the most secrets. */
  rounds: number;
}): RejectionCode | undefined {
  const { body, prefix, secrets, rounds } = options;
  if (body.length > MAX_BODY_BYTES) {
    return undefined;
  }
  const macs = options.macs.length > 0 ? options.macs : STAND_IN_MACS;
  const keys = Array.from(
    { length: Math.max(rounds, secrets.length) },
    (_, i) => (secrets[i]?.key.length > 0 ? secrets[i].key : STAND_IN_KEY),
  );
  // All of them, whichever it is.
  const [found] = guesses({ body, prefix, keys }).filter(guess =>
    isSignedBy(guess, macs),
  );
  return found?.code;
}

function isSignedBy(guess: Guess, macs: readonly Uint8Array[]): boolean {
  const { prefix, body } = guess;
  const matching = guess.keys.filter(key =>
    matchesAny(signBody({ key, prefix, body }), macs),
  );
  return matching.length > 0;
}

/** Where one does not apply, it is what did not verify already. */
function guesses(sent: {
  body: Buffer;
  prefix: string;
  keys: Uint8Array[];
}): Guess[] {
  const { body, keys } = sent;
  const guess = (code: RejectionCode, changes: Partial<Guess>): Guess => ({
    ...sent,
    code,
    ...changes,
  });
  return [
    guess('literal-placeholder-signed', { keys: [PLACEHOLDER_KEY] }),
    guess('literal-placeholder-signed', {
      body: PLACEHOLDER,
      keys: [PLACEHOLDER_KEY, ...keys],
    }),
    guess('empty-body-signed', { body: Buffer.alloc(0) }),
    guess('trailing-newline-signed', { body: Buffer.concat([body, NEWLINE]) }),
    guess('trailing-newline-signed', { body: Buffer.concat([body, CRLF]) }),
    guess('trailing-newline-not-signed', { body: withoutNewlines(body) }),
    guess('line-breaks-changed', { body: withLineBreaks(body, '\r\n') }),
    guess('line-breaks-changed', { body: withLineBreaks(body, '\n') }),
    guess('line-breaks-changed', { body: withLineBreaks(body, '') }),
    guess('byte-order-mark-changed', {
      body: Buffer.concat([BYTE_ORDER_MARK, body]),
    }),
    guess('byte-order-mark-changed', { body: withoutByteOrderMark(body) }),
    guess('timestamp-not-signed', { prefix: '' }),
  ];
}

/** Without all of them, as the shell's `$(cat file)` is. */
function withoutNewlines(body: Buffer): Buffer {
  let end = body.length;
  while (body[end - 1] === 0x0a || body[end - 1] === 0x0d) {
    end--;
  }
  return body.subarray(0, end);
}

function withLineBreaks(body: Buffer, lineBreak: string): Buffer {
  // A character for each byte, whatever the bytes are.
  const text = body.toString('latin1').replace(/\r?\n/g, lineBreak);
  return Buffer.from(text, 'latin1');
}

function withoutByteOrderMark(body: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return body.subarray(0, length).equals(BYTE_ORDER_MARK)
    ? body.subarray(length)
    : body;
}
