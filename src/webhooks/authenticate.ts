import type { SenderSettings } from '../config/sender';
import { type Way, WAYS } from '../config/verify';
import type { Caller } from './callers';
import type { Dialect } from './dialects/dialect';
import type { HeaderValues } from './headers';
import type { RejectionCode } from './rejections';
import { unusable } from './signatures/signature';
import { certificateFault } from './verify/clientCertificate';
import { findMistake } from './verify/findMistake';
import { createTokenVerifier, type IssuerReports } from './verify/issuers';
import {
  findSigningKey,
  readPublicKeySignature,
} from './verify/verifyPublicKey';
import { verifyPassword, verifyTokenSecret } from './verify/verifySecret';
import { type Verification, verifySignature } from './verify/verifySignature';
import type { VerifiedToken } from './verify/verifyToken';

export interface Rejection extends Fault {
  /** Looks for what went wrong, at the cost of more HMACs, as many for any request. To be called after the answer, and seldom. */
  findMistake: () => RejectionCode | undefined;
}

interface Fault {
  code: RejectionCode;
  /** The sender, where it is one of ours. Other names are not for the log. */
  sender?: string;
  /** How far the sender's clock is off. */
  seconds?: number;
  /** The name of the claim that is wrong. */
  claim?: string;
}

export type Authentication =
  | {
      type: 'authenticated';
      sender: SenderSettings;
      /** The secret or the public key that was used, or the way where there is neither. */
      secretId: string;
      dialect: Dialect;
      token?: VerifiedToken;
    }
  | { type: 'rejected'; rejection: Rejection };

/** What came of one way of verifying. */
type Proof =
  | { type: 'verified'; secretId?: string; token?: VerifiedToken }
  | ({ type: 'rejected' } & Omit<Fault, 'sender'>);

interface WebhookToVerify {
  caller: Pick<Caller, 'sender' | 'dialect' | 'fault' | 'isFromProxy'>;
  headers: HeaderValues;
  body: Buffer;
}

/** Compared where a request has no signature that can be read: nobody can have signed it. */
const UNSIGNED = { prefix: '', macs: [] };

/** Tells whether a request comes from the sender that it names, at as many HMACs for all requests. */
export function createAuthenticator(
  options: { senders: SenderSettings[]; now: () => Date } & IssuerReports,
) {
  const { senders, now } = options;
  const rounds = Math.max(1, ...senders.map(({ secrets }) => secrets.length));
  const verifyToken = createTokenVerifier(options);
  return async (request: WebhookToVerify): Promise<Authentication> => {
    const { caller, body, headers } = request;
    const { sender, dialect } = caller;
    const { all } = sender.verify;
    const reading = all.includes('hmac')
      ? dialect.readSignature(headers)
      : unusable('signature-missing');
    const { prefix, macs } = reading.type === 'readable' ? reading : UNSIGNED;
    const signed = { body, prefix, macs, secrets: sender.secrets, rounds };
    const verification = verifySignature({ ...signed, now: now() });
    if (caller.fault) {
      return reject(caller.fault, signed);
    }
    const verify: Record<Way, () => Proof | Promise<Proof>> = {
      clientCertificate: () => checkCertificate(request),
      basic: () =>
        verifyPassword({
          ...signed,
          values: headers('authorization'),
          now: now(),
        }),
      token: () =>
        verifyTokenSecret({
          ...signed,
          values: headers(sender.verify.tokenHeader),
          now: now(),
        }),
      hmac: () =>
        reading.type === 'unusable'
          ? { type: 'rejected', code: reading.code }
          : checkTime(verification, reading.signed?.timestamp, sender, now()),
      ed25519: () => checkPublicKey(request, now()),
      jwt: () => verifyToken(request),
    };
    let secretId: string | undefined;
    let token: VerifiedToken | undefined;
    for (const way of WAYS.filter(each => all.includes(each))) {
      const proof = await verify[way]();
      if (proof.type === 'rejected') {
        const { type: _, ...fault } = proof;
        return reject({ sender: sender.name, ...fault }, signed);
      }
      secretId ??= proof.secretId;
      token ??= proof.token;
    }
    return {
      type: 'authenticated',
      sender,
      secretId: secretId ?? all[0],
      dialect,
      ...(token && { token }),
    };
  };
}

function reject(
  fault: Fault,
  signed: Parameters<typeof findMistake>[0],
): Authentication {
  return {
    type: 'rejected',
    rejection: {
      ...fault,
      findMistake: () => {
        // Whatever the fault is, so that it takes as long.
        const found = findMistake(signed);
        return fault.code === 'signature-wrong' ? found : undefined;
      },
    },
  };
}

/** Anybody can send the header of a certificate; what a proxy of ours sends is its own. */
function checkCertificate({ caller, headers }: WebhookToVerify): Proof {
  const settings = caller.sender.verify.clientCertificate!;
  const values = headers(settings.header);
  const code =
    values.length > 0 && !caller.isFromProxy
      ? 'certificate-untrusted'
      : certificateFault(values, settings);
  return code ? { type: 'rejected', code } : { type: 'verified' };
}

function checkPublicKey(
  { caller: { sender }, headers, body }: WebhookToVerify,
  now: Date,
): Proof {
  const reading = readPublicKeySignature(headers);
  if (reading.type === 'unusable') {
    return { type: 'rejected', code: reading.code };
  }
  const { prefix, macs: signatures, signed } = reading;
  const { keys } = sender.verify.ed25519!;
  const secretId = findSigningKey({ body, prefix, signatures, keys });
  const proof: Verification =
    secretId === undefined
      ? { type: 'rejected', code: 'signature-wrong' }
      : { type: 'verified', secretId };
  return checkTime(proof, signed?.timestamp, sender, now);
}

/**
 * Whether a signed time is near enough to ours, so that a recorded request
 * cannot be sent again later. It is looked at once it is known that the sender
 * signed it.
 */
function checkTime(
  verification: Verification,
  /** Seconds since 1970; undefined where no time is signed. */
  timestamp: number | undefined,
  { timeWindowMs }: SenderSettings,
  now: Date,
): Proof {
  const aheadMs =
    timestamp === undefined ? 0 : timestamp * 1000 - now.getTime();
  if (verification.type === 'rejected' || Math.abs(aheadMs) <= timeWindowMs) {
    return verification;
  }
  return {
    type: 'rejected',
    code: aheadMs < 0 ? 'clock-behind' : 'clock-ahead',
    seconds: Math.round(Math.abs(aheadMs) / 1000),
  };
}
