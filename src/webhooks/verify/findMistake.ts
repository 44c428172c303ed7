import type { RejectionCode } from '../../model/sender';
import type { SenderSecret } from '../../model/settings';
import { signBody } from './signBody';
import { isAmong } from './verifySignature';

/** What the article's workflow signs in place of its payload, and with in place of its secret. */
const PLACEHOLDER = Buffer.from('${PAYLOAD}');
const PLACEHOLDER_KEY = Buffer.from('${WEBHOOK_SECRET}');
const NEWLINE = Buffer.from('\n');
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const NOTHING = Buffer.alloc(0);

/** Larger bodies are not looked into: each guess costs as much as a verification. */
const MAX_BODY_BYTES = 1_000_000;

type Guess = { code: RejectionCode; prefix: string; body: Uint8Array };

/**
 * What a sender signed in place of what it sent, where that is one of the
 * usual mistakes. Costs up to five HMACs a secret and two more, so it is for
 * after the answer, and once in a while.
 */
export function findMistake(options: {
  body: Buffer;
  prefix: string;
  macs: readonly Uint8Array[];
  secrets: readonly SenderSecret[];
}): RejectionCode | undefined {
  const { body, prefix, macs, secrets } = options;
  if (macs.length === 0 || body.length > MAX_BODY_BYTES) {
    return undefined;
  }
  const keys = secrets.map(({ key }) => key).filter(key => key.length > 0);
  const literal = [PLACEHOLDER, body].some(signed =>
    isAmong(signBody({ key: PLACEHOLDER_KEY, prefix, body: signed }), macs),
  );
  if (literal) {
    return 'literal-placeholder-signed';
  }
  return guesses(body, prefix).find(guess =>
    keys.some(key => isAmong(signBody({ ...guess, key }), macs)),
  )?.code;
}

function guesses(body: Buffer, prefix: string): Guess[] {
  const found: Guess[] = [
    { code: 'literal-placeholder-signed', prefix, body: PLACEHOLDER },
    { code: 'empty-body-signed', prefix, body: NOTHING },
    {
      code: 'trailing-newline-signed',
      prefix,
      body: Buffer.concat([body, NEWLINE]),
    },
  ];
  const trimmed = withoutNewline(body);
  if (trimmed) {
    found.push({ code: 'trailing-newline-not-signed', prefix, body: trimmed });
  }
  if (prefix) {
    found.push({ code: 'timestamp-not-signed', prefix: '', body });
  }
  return found;
}

function withoutNewline(body: Buffer): Buffer | undefined {
  if (body.at(-1) !== LINE_FEED) {
    return undefined;
  }
  return body.subarray(0, body.at(-2) === CARRIAGE_RETURN ? -2 : -1);
}
