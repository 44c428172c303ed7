import { quoteValue } from '../lib/values';

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
  'secret-missing': 'it has no token or password',
  'secret-repeated': 'the header of its token or password was sent twice',
  'secret-wrong': 'its token or password is none of the secrets',
  'token-missing': 'it has no JSON Web Token',
  'token-repeated': 'the header of its token was sent twice',
  'token-malformed': 'its token is not a signed JSON Web Token with an end',
  'token-algorithm-wrong':
    'its token is signed with an algorithm that is not allowed',
  'token-key-unknown': 'the issuer has no such key as its token names',
  'token-signature-wrong': 'the issuer did not sign its token',
  'token-expired': 'its token has expired',
  'token-too-early': 'its token is not valid yet',
  'token-issuer-wrong': 'its token is of another issuer',
  'token-audience-wrong': 'its token is for another audience',
  'token-digest-wrong': 'its token is for another body',
  'token-claim-wrong': 'a claim of its token is not as it has to be',
  'token-reused': 'its token came with another request before',
  'issuer-away': 'the keys of the issuer could not be read',
  'certificate-missing': 'no proxy passed a client certificate on',
  'certificate-repeated': 'the header of the client certificate was sent twice',
  'certificate-malformed':
    'the header of the client certificate has none in a form that is known',
  'certificate-unknown': "its client certificate is none of the sender's",
  'certificate-untrusted':
    'a client certificate that did not come from a proxy in trustProxy',
};

export type RejectionCode = keyof typeof TEXTS;

/** Describes a rejection for the log: its code and what it means, nothing of the request. */
export function describeRejection(options: {
  code: RejectionCode;
  /** How far the sender's clock is off. */
  seconds?: number;
  /** The name of the claim that is wrong, as the configuration has it. */
  claim?: string;
}): string {
  const { code, seconds, claim } = options;
  const text =
    seconds === undefined
      ? TEXTS[code]
      : TEXTS[code].replace('clock is', `clock is ${seconds} s`);
  const which = claim === undefined ? '' : `: ${quoteValue(claim)}`;
  return `${code} (${text}${which})`;
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
