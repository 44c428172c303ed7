import type { SenderSecret } from '../../config/settings';
import type { RejectionCode } from '../sender';
import { signBody } from './signBody';
import { isAmong, STAND_IN_KEY, STAND_IN_MACS } from './verifySignature';

/** What the article's workflow signs in place of its payload, and with in place of its secret. */
const PLACEHOLDER = Buffer.from('${PAYLOAD}');
const PLACEHOLDER_KEY = Buffer.from('${WEBHOOK_SECRET}');
const NEWLINE = Buffer.from('\n');
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const NOTHING = Buffer.alloc(0);

/** Larger bodies are not looked into: it is done on the one thread that everybody waits for. */
const MAX_BODY_BYTES = 32_000;

interface Guess {
  code: RejectionCode;
  prefix: string;
  body: Uint8Array;
  keys: readonly Uint8Array[];
}

/**
 * What a sender signed in place of what it sent, where that is one of the
 * usual mistakes, of something that did not verify. Computes five HMACs a round and two more,
 * as many for one as for another of the same bytes, so that the time it
 * takes does not tell a sender from a stranger. It is for after the answer, and
 * once in a while.
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
    signedBy(guess, macs),
  );
  return found?.code;
}

function signedBy(guess: Guess, macs: readonly Uint8Array[]): boolean {
  const { prefix, body } = guess;
  const matching = guess.keys.filter(key =>
    isAmong(signBody({ key, prefix, body }), macs),
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
  const literal = 'literal-placeholder-signed';
  return [
    { ...sent, code: literal, keys: [PLACEHOLDER_KEY] },
    {
      ...sent,
      code: literal,
      body: PLACEHOLDER,
      keys: [PLACEHOLDER_KEY, ...keys],
    },
    { ...sent, code: 'empty-body-signed', body: NOTHING },
    {
      ...sent,
      code: 'trailing-newline-signed',
      body: Buffer.concat([body, NEWLINE]),
    },
    {
      ...sent,
      code: 'trailing-newline-not-signed',
      body: withoutNewline(body),
    },
    { ...sent, code: 'timestamp-not-signed', prefix: '' },
  ];
}

function withoutNewline(body: Buffer): Buffer {
  if (body.at(-1) !== LINE_FEED) {
    return body;
  }
  return body.subarray(0, body.at(-2) === CARRIAGE_RETURN ? -2 : -1);
}
