/** Why a request could not be verified, and what that means: for the operator, never for the caller. */
const TEXTS = {
  'sender-unknown': 'no sender of that name is set up',
  'network-not-allowed': 'it came from a network outside of allowFrom',
  'signature-missing': 'it has no signature',
  'signature-repeated': 'its signature header was sent twice',
  'signature-malformed': 'its signature header is not in the expected form',
  'signature-upper-case': 'hex in upper case',
  'signature-base64': 'base64 in place of hex',
  'signature-wrong': 'the signature matches no secret',
  'id-missing': 'it has no delivery id, which is signed along',
  'id-malformed': 'its delivery id is not in the expected form',
  'timestamp-missing': 'it has no time',
  'timestamp-malformed': 'its time is not in whole seconds since 1970',
  'clock-behind': "the sender's clock is behind",
  'clock-ahead': "the sender's clock is ahead",
  'secret-not-yet-valid': 'matches a secret that is not valid yet',
  'secret-expired': 'matches an expired secret',
  'trailing-newline-signed': 'trailing newline signed, and not sent',
  'trailing-newline-not-signed': 'trailing newline sent, and not signed',
  'line-breaks-changed':
    'signed with line breaks of LF and sent with CRLF, or the other way round, or signed without those that were sent',
  'byte-order-mark-changed':
    'a byte order mark (BOM) signed, and not sent, or sent, and not signed',
  'literal-placeholder-signed':
    'signed the literal ${PAYLOAD}, or with the literal ${WEBHOOK_SECRET} as the key',
  'empty-body-signed': 'signed nothing in place of the body',
  'timestamp-not-signed': 'signed the body without the time and the id',
};

export type RejectionCode = keyof typeof TEXTS;

/** Describes a rejection for the log: its code and what it means, nothing of the request. */
export function describeRejection(options: {
  code: RejectionCode;
  /** How far the sender's clock is off. */
  seconds?: number;
}): string {
  const { code, seconds } = options;
  const text =
    seconds === undefined
      ? TEXTS[code]
      : TEXTS[code].replace('clock is', `clock is ${seconds} s`);
  return `${code} (${text})`;
}

/** The limits that a request can be beyond: what the metric counts it as, and what it means for the operator. */
export const LIMITS = {
  'unverified-requests': {
    metric: 'rate',
    text: 'too many requests from this address were not verified within a minute; if it is the address of a proxy, set "trustProxy"',
  },
  'unverified-bodies': {
    metric: 'concurrency',
    text: 'too many bodies from this address, or bytes from all, are being read at once',
  },
  'rate-limit': {
    metric: 'rate',
    text: 'more verified requests from this address than the sender\'s "rateLimit"',
  },
  concurrency: {
    metric: 'concurrency',
    text: 'more verified requests at once than the sender\'s "concurrency"',
  },
};

export type LimitCode = keyof typeof LIMITS;
